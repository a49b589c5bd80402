"""The SQL of the catalog's views, written from manifests: files are listed, never globbed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ictcli.clock import iso
from ictcli.store.manifests import MANIFEST, all_manifests, series_folder
from ictcli.store.model_rows import MODEL_COLUMNS, model_rows
from ictcli.store.partlog import DataRevision, load_log
from ictcli.store.parts import damaged
from ictcli.store.records import FileRecord, Manifest
from ictcli.store.runs import Run, RunStore

PRICE = "DECIMAL(18, {digits})"
INSTANT = "TIMESTAMPTZ"

_SERIES = {"source": "VARCHAR", "symbol": "VARCHAR", "timeframe": "VARCHAR"}
_BARS = {
    "ts": INSTANT,
    "ts_close": INSTANT,
    "open": PRICE,
    "high": PRICE,
    "low": PRICE,
    "close": PRICE,
    "tick_volume": "BIGINT",
    "real_volume": "DECIMAL(18, 8)",
    "spread": "INTEGER",
}
_TICKS = {"ts": INSTANT, "bid": PRICE, "ask": PRICE}
_GAPS = {"start": INSTANT, "end": INSTANT, "kind": "VARCHAR", "bars": "BIGINT"}
_QUARANTINE = {"file": "VARCHAR", "line": "BIGINT", "rule": "VARCHAR", "raw": "VARCHAR"}
_OBJECT = {
    "formed_at": INSTANT,
    "confirmed_at": INSTANT,
    "bottom": PRICE,
    "top": PRICE,
    "level": PRICE,
}
_DETECTIONS = {
    "id": "VARCHAR",
    **_SERIES,
    "kind": "VARCHAR",
    "dir": "VARCHAR",
    "state": "VARCHAR",
    **_OBJECT,
}
_EVENTS = {
    "id": "VARCHAR",
    **_SERIES,
    "kind": "VARCHAR",
    "dir": "VARCHAR",
    "record": "VARCHAR",
    "at": INSTANT,
    **_OBJECT,
}
_MONEY = "DECIMAL(18, 2)"
_RUN_PRICE = "DECIMAL(18, 8)"
_SIGNALS = {
    "run": "VARCHAR",
    **_SERIES,
    "strategy": "VARCHAR",
    "signal_at": INSTANT,
    "kind": "VARCHAR",
    "stage": "VARCHAR",
    "reason": "VARCHAR",
    "side": "VARCHAR",
    "stop": _RUN_PRICE,
    "target": _RUN_PRICE,
    "outcome": "VARCHAR",
}
_ORDERS = {
    "run": "VARCHAR",
    **_SERIES,
    "strategy": "VARCHAR",
    "known_at": INSTANT,
    "event": "VARCHAR",
    "reason": "VARCHAR",
    "price": _RUN_PRICE,
    "volume": "DECIMAL(18, 8)",
}
_EQUITY = {"run": "VARCHAR", "ts": INSTANT, "balance": _MONEY, "equity": _MONEY, "margin": _MONEY}
_TRADES = {
    "run": "VARCHAR",
    **_SERIES,
    "strategy": "VARCHAR",
    "side": "VARCHAR",
    "signal_at": INSTANT,
    "opened_at": INSTANT,
    "closed_at": INSTANT,
    "entry": _RUN_PRICE,
    "stop": _RUN_PRICE,
    "target": _RUN_PRICE,
    "exit": _RUN_PRICE,
    "exit_reason": "VARCHAR",
    "volume": "DECIMAL(18, 8)",
    "gross": _MONEY,
    "commission": _MONEY,
    "swap": _MONEY,
    "net": _MONEY,
    "r_multiple": "DOUBLE",
}
_RUNS = {
    "run": "VARCHAR",
    "created": INSTANT,
    "strategy": "VARCHAR",
    "timeframe": "VARCHAR",
    "trades": "BIGINT",
    "verdict": "VARCHAR",
    "document": "VARCHAR",
}
_REVISIONS = {
    **_SERIES,
    "at": INSTANT,
    "first": INSTANT,
    "bars_before": "BIGINT",
    "bars_after": "BIGINT",
    "kept": "BIGINT",
    "withdrawn": "BIGINT",
}

Columns = Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """A symbol and timeframe for which no source stands.

    Attributes:
        sources: those that have it.
        primary: the source that should stand for the symbol and has none of it; empty when several
            sources have it and none is chosen.
    """

    symbol: str
    timeframe: str
    sources: tuple[str, ...]
    primary: str


@dataclass(frozen=True, slots=True)
class Views:
    """The catalog at one moment.

    Attributes:
        sql: view name = its SELECT.
        left_out: per view (``bars``, ``ticks``), the series that it does not show.
    """

    sql: dict[str, str]
    left_out: dict[str, list[LeftOut]]


def catalog_views(data_dir: Path, primary: Mapping[str, str]) -> Views:
    """All views over what is stored below ``data_dir``.

    Raises:
        DataError: a manifest is damaged.
    """
    manifests = all_manifests(data_dir)
    digits = max((manifest.digits for manifest in manifests), default=5)
    bars = [manifest for manifest in manifests if manifest.kind == "bars" and manifest.parts]
    ticks = [manifest for manifest in manifests if manifest.kind == "ticks" and manifest.parts]
    main_bars, unclear = choose(bars, primary)
    main_ticks, unclear_ticks = choose(ticks, primary)

    def union(columns: Columns, chosen: Iterable[tuple[Manifest, Sequence[FileRecord]]]) -> str:
        return _series_union(data_dir, _with_digits(columns, digits), chosen)

    sql = {
        "bars": union(_BARS, ((manifest, manifest.parts) for manifest in main_bars)),
        "bars_all": union(_BARS, ((manifest, manifest.parts) for manifest in bars)),
        "ticks": union(_TICKS, ((manifest, manifest.parts) for manifest in main_ticks)),
        "gaps": union(_GAPS, ((one, (one.gaps,)) for one in manifests if one.gaps)),
        "quarantine": union(_QUARANTINE, ((one, (one.quarantine,)) for one in manifests if one.quarantine)),
        **_detection_views(data_dir, digits),
        **_run_views(data_dir),
        "models": _rows(MODEL_COLUMNS, model_rows(data_dir)),
    }
    return Views(sql, {"bars": unclear, "ticks": unclear_ticks})


def choose(manifests: Sequence[Manifest], primary: Mapping[str, str]) -> tuple[list[Manifest], list[LeftOut]]:
    """The series that stand for their symbols, and what no series stands for."""
    sources: dict[tuple[str, str], list[str]] = {}
    for manifest in manifests:
        sources.setdefault((manifest.symbol, manifest.timeframe), []).append(manifest.source)
    chosen: dict[tuple[str, str], str] = {}
    left_out = []
    for (symbol, timeframe), rivals in sources.items():
        wanted = primary.get(symbol, rivals[0] if len(rivals) == 1 else "")
        if wanted in rivals:
            chosen[symbol, timeframe] = wanted
        else:
            left_out.append(LeftOut(symbol, timeframe, tuple(sorted(rivals)), wanted))
    standing = [one for one in manifests if chosen.get((one.symbol, one.timeframe)) == one.source]
    return standing, sorted(left_out)


def _detection_views(data_dir: Path, digits: int) -> dict[str, str]:
    events: list[list[Path]] = []
    zones: list[list[Path]] = []
    revisions = []
    for path in sorted((data_dir / "detections").glob(f"source=*/symbol=*/timeframe=*/{MANIFEST}")):
        log = load_log(path.parent)
        if log is None or not log.stretches:
            continue
        events.append([path.parent / stretch.events.file for stretch in log.stretches])
        ended = [path.parent / stretch.ended.file for stretch in log.stretches]
        zones.append([path.parent / log.open.file, *ended])
        names = [part.partition("=")[2] for part in path.parent.parts[-3:]]
        revisions += [[*names, *_revised(revision)] for revision in log.revisions]
    return {
        "detections": _log_union(_with_digits(_DETECTIONS, digits), zones),
        "detection_events": _log_union(_with_digits(_EVENTS, digits), events),
        "detection_revisions": _rows(_REVISIONS, revisions),
    }


def _revised(revision: DataRevision) -> list[Any]:
    counts = [revision.before, revision.after, revision.rows, revision.withdrawn]
    return [iso(revision.at), iso(revision.first_ts), *counts]


def _run_views(data_dir: Path) -> dict[str, str]:
    store = RunStore(data_dir)
    runs = [store.load(name) for name in store.list()]

    def files(name: str) -> list[Path]:
        return [run.folder / run.files[name].file for run in runs if name in run.files]

    return {
        "signals": _table_union(_SIGNALS, files("signals")),
        "trades": _table_union(_TRADES, files("trades")),
        "orders": _table_union(_ORDERS, files("orders")),
        "equity": _table_union(_EQUITY, files("equity")),
        "runs": _run_rows(runs),
    }


def _run_rows(runs: Sequence[Run]) -> str:
    found = []
    for run in runs:
        facts = run.document
        gate = facts.get("gate")
        verdict = gate.get("verdict") if isinstance(gate, dict) else None
        given: list[Any] = [facts.get(name) for name in ("created", "strategy", "timeframe", "trades")]
        found.append([run.id, *given, verdict, json.dumps(facts, sort_keys=True)])
    return _rows(_RUNS, found)


def _rows(columns: Columns, rows: Sequence[Sequence[Any]]) -> str:
    """Rows given one by one."""
    if not rows:
        return _nothing(columns)
    selects = []
    for row in rows:
        typed = zip(row, columns.values(), strict=True)
        selects.append(
            "SELECT " + ", ".join(f"TRY_CAST({literal(value)} AS {kind})" for value, kind in typed)
        )
    names = ", ".join(_name(name) for name in columns)
    return f"SELECT * FROM ({' UNION ALL '.join(selects)}) AS t({names})"  # noqa: S608 - quoted above


def _series_union(
    data_dir: Path, columns: Columns, chosen: Iterable[tuple[Manifest, Sequence[FileRecord]]]
) -> str:
    selects = []
    for manifest, records in chosen:
        folder = series_folder(data_dir, manifest.kind, manifest.key)
        constants = ", ".join(f"{literal(getattr(manifest, name))} AS {name}" for name in _SERIES)
        files = _file_list([folder / record.file for record in records])
        selects.append(f"SELECT {constants}, {_casts(columns)} FROM read_parquet({files})")  # noqa: S608 - quoted
    return " UNION ALL ".join(selects) if selects else _nothing({**_SERIES, **columns})


def _table_union(columns: Columns, files: Sequence[Path]) -> str:
    """Files of one kind with the catalog's columns first and the newest file's own columns after them."""
    return _named_union(columns, _column_names(files[-1]) if files else [], files)


def _log_union(columns: Columns, logs: Sequence[Sequence[Path]]) -> str:
    """Files of logs with the catalog's columns first and after them whatever else any log has."""
    present = list(dict.fromkeys(name for files in logs for name in _column_names(files[0])))
    return _named_union(columns, present, [file for files in logs for file in files])


def _named_union(columns: Columns, present: Sequence[str], files: Sequence[Path]) -> str:
    if not files:
        return _nothing(columns)
    listed = [
        f"CAST({_name(name)} AS {kind}) AS {_name(name)}"
        if name in present
        else f"CAST(NULL AS {kind}) AS {_name(name)}"
        for name, kind in columns.items()
    ]
    extra = [_name(name) for name in present if name not in columns]
    source = f"read_parquet({_file_list(files)}, union_by_name = true)"
    return f"SELECT {', '.join([*listed, *extra])} FROM {source}"  # noqa: S608 - quoted above


def _column_names(path: Path) -> list[str]:
    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(path, str(error).splitlines()[0] if str(error) else "unreadable") from error


def _with_digits(columns: Columns, digits: int) -> Columns:
    return {name: kind.format(digits=digits) for name, kind in columns.items()}


def _casts(columns: Columns) -> str:
    return ", ".join(f"CAST({_name(name)} AS {kind}) AS {_name(name)}" for name, kind in columns.items())


def _nothing(columns: Columns) -> str:
    return (
        "SELECT "
        + ", ".join(f"CAST(NULL AS {kind}) AS {_name(name)}" for name, kind in columns.items())
        + " WHERE false"
    )


def _file_list(files: Sequence[Path]) -> str:
    return f"[{', '.join(literal(pattern_free(path)) for path in files)}], hive_partitioning = false"


def pattern_free(path: Path) -> str:
    """A path in which the characters that DuckDB takes for a pattern stand for themselves."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path.as_posix())


def literal(value: object) -> str:
    """A value as an SQL string, None as NULL."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
