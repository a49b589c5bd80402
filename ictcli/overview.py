"""The picture ``status`` shows: what trades, what must be seen to, what is stored and how fresh it is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND, iso, parse_duration
from ictcli.errors import ConfigError, DataError, LedgerUnwritable, SourceUnavailable
from ictcli.ledger.address import find_place, paper_place
from ictcli.ledger.chain import KEPT_ELSEWHERE, sealed_files
from ictcli.ledger.moved import require_here
from ictcli.operations.health_state import (
    NO_ALERTS,
    NO_BACKUP,
    alerts,
    backup,
    disk,
    history_days,
    logs,
    models,
    unusual,
    unusual_text,
    worst,
)
from ictcli.output import Output
from ictcli.reconcile.freshness import freshness
from ictcli.session import Session
from ictcli.store.records import Manifest
from ictcli.store.runs import RunStore
from ictcli.trading.picture import picture

T = TypeVar("T")
_SAME_CLOCK = 1.0
"""Seconds below which two clocks agree for people."""

LAST_RUNS = 5
MOST_SERIES = 12
"""Series that the text shows."""


def overview(session: Session) -> dict[str, Any]:
    """Everything ``status`` knows, as plain values.

    What is damaged is told of in its place: ledgers below ``trading``, all else below ``damaged``.
    """
    config, state, data = session.config.config, session.config.state_dir, session.config.data_dir
    damaged: list[dict[str, str]] = []
    workspace, trading = session.workspace, _trading(session)
    events = {one["ledger"]: one["events"] for one in trading["ledgers"]}
    nothing: list[dict[str, Any]] = []

    def all_series() -> list[dict[str, Any]]:
        return [_series(manifest, session.now) for manifest in session.store.manifests()]

    return {
        "workspace": str(workspace),
        "time": iso(session.now),
        "series": _part(damaged, "series", all_series, nothing),
        "runs": _part(damaged, "runs", lambda: _last_runs(session.store.runs), nothing),
        "trading": trading,
        "reconciliations": _part(damaged, "reconciliations", lambda: _reconciliations(session), nothing),
        "models": _part(damaged, "models", lambda: models(session.models), nothing),
        "alerts": _part(damaged, "alerts", lambda: alerts(state), dict(NO_ALERTS)),
        "backup": _part(
            damaged, "backup", lambda: backup(workspace, state, config, events, session.now), dict(NO_BACKUP)
        ),
        "measurements": unusual(data, state, config, session.now),
        "logs": logs(state),
        "disk": disk(data),
        "disk_bytes": _size(data),
        "damaged": damaged,
    }


def _part(damaged: list[dict[str, str]], name: str, read: Callable[[], T], without: T) -> T:
    """What is read, or what is said without it."""
    try:
        return read()
    except (DataError, LedgerUnwritable) as error:
        damaged.append({"part": name, "why": error.message, "hint": error.hint})
        return without


def overview_text(found: dict[str, Any], out: Output) -> str:
    """The overview on one screen: what must be seen to first, then what trades, then what is stored."""
    room = f"{found['disk']['free_bytes'] / 2**30:,.1f} GiB free"
    held, when = f"{found['disk_bytes'] / 2**20:,.1f} MiB", f"{found['time'][:16]}Z"
    lines = [f"workspace {found['workspace']}  {held}, {room}, {when}"]
    lines += _trading_lines(found["trading"], out)
    for lost in found["damaged"]:
        lines += ["", f"{lost['part']} CANNOT BE READ: {lost['why']}", *_hinted(lost)]
    lines += (
        ["", *told]
        if (told := [*map(reconciled_line, found["reconciliations"]), *health_lines(found)])
        else []
    )
    if not found["series"]:
        return "\n".join([*lines, "", "nothing stored yet; start with `ictcli fetch EURUSD --source sim`"])
    lines += ["", *_series_lines(found["series"], out)]
    if found["runs"]:
        runs = [
            [run["run"], run["strategy"], run["timeframe"], run["trades"], run["gate"]]
            for run in found["runs"]
        ]
        lines += ["", out.table(["run", "strategy", "timeframe", "trades", "gate"], runs)]
    return "\n".join(lines)


def _hinted(lost: dict[str, str]) -> list[str]:
    return [f"  {lost['hint']}"] if lost["hint"] else []


def _series_lines(series: list[dict[str, Any]], out: Output) -> list[str]:
    """The freshest series; more of them would not fit on a screen."""
    freshest = sorted(series, key=lambda one: one["last"] or "", reverse=True)
    rows = [
        [
            f"{one['source']}/{one['symbol']}/{one['timeframe']}",
            f"{one['rows']:,}",
            (one["first"] or "")[:10],
            (one["last"] or "")[:16],
            one["age"],
            one["quarantined"],
            one["gaps"].get("missing", 0),
        ]
        for one in freshest[:MOST_SERIES]
    ]
    lines = [out.table(["series", "rows", "first", "last", "age", "quarantined", "missing"], rows)]
    if len(series) > MOST_SERIES:
        oldest = freshest[-1]
        name = f"{oldest['source']}/{oldest['symbol']}/{oldest['timeframe']}"
        rest = len(series) - MOST_SERIES
        lines.append(f"and {rest} more, the oldest {name} of {oldest['age']}; all of them with --json")
    return lines


def health_lines(found: dict[str, Any]) -> list[str]:
    """A line for each thing that an operator looks after; nothing of what never was."""
    lines = []
    if open_alerts := worst(found["alerts"]["unacknowledged"]):
        lines.append(f"alerts that nobody acknowledged: {', '.join(open_alerts)} (`ictcli alerts list`)")
    if failed := found["alerts"]["failed"]:
        lines.append(f"notifications that failed and are tried again: {failed}")
    lines += [f"UNUSUAL {unusual_text(one)}" for one in found["measurements"]["unusual"]]
    lines += _judged_lines(found["measurements"])
    lines += [
        f"model {one['model']}: champion {one['champion']}"
        + (f", challenger {one['challenger']}" if one["challenger"] else "")
        for one in found["models"]
    ]
    kept, late = found["backup"], found["backup"]["overdue"]
    if (held := kept["held"]) and not (found["trading"]["ledgers"] or found["trading"]["damaged"]):
        lines.append(f"NO LEDGER IS HERE, and {held['backup']} holds {held['events']:,} events")
    lines += [f"A LEDGER IS OLDER THAN ITS BACKUP: {one}" for one in kept["beyond"]]
    if kept["last"] or found["trading"]["ledgers"]:
        lines.append(f"backup: {kept['last'] or 'never'}{', OVERDUE: ' + '; '.join(late) if late else ''}")
    return lines


def _judged_lines(found: dict[str, Any]) -> list[str]:
    if found["error"]:
        return [f"measurements: {found['error']}"]
    if found["judged"]:
        return [f"measurements: {found['judged'] - len(found['unusual'])} of {found['judged']} as usual"]
    if found["too_short"]:
        days = [f"{history_days(found[name]):.1f}" for name in ("longest", "needed")]
        return [f"measurements: not judged yet, {days[0]} of {days[1]} days of history"]
    return []


def _trading(session: Session) -> dict[str, Any]:
    """Emergency stop, traders, and what the ledgers say is open; ``unreachable`` says which one is away."""
    state = session.config.state_dir
    key = state / "secret.key"
    if not key.exists():
        return {**picture(state, {}), "damaged": _keyless(state, f"{key} is missing"), "unreachable": None}
    try:
        paper = {"paper": paper_place(state)}
    except DataError as error:
        return {**picture(state, {}), "damaged": _keyless(state, error.message), "unreachable": None}
    broker = find_place(state, session.environ)
    try:
        require_here(broker)
    except ConfigError as error:
        return {**picture(state, paper), "unreachable": f"{error.message}; {error.hint}"}
    try:
        return {**picture(state, {"broker": broker, **paper}), "unreachable": None}
    except (SourceUnavailable, LedgerUnwritable) as error:
        if broker.address.file is not None:
            raise
        return {**picture(state, paper), "unreachable": error.message}


def _keyless(state: Path, why: str) -> list[dict[str, str]]:
    """Ledgers that are there, and the key is not, or is none."""
    sealed = {path.relative_to(state).parts[0] for path in sealed_files(state)} - {"replay"}
    return [
        {"ledger": name, "why": why, "hint": KEPT_ELSEWHERE}
        for name in sorted({"paper" if part == "paper" else "broker" for part in sealed})
    ]


def _trading_lines(found: dict[str, Any], out: Output) -> list[str]:
    """The same for people; nothing where nobody ever traded."""
    lines = []
    if halt := found["halt"]:
        since = f" since {halt['since']}" if halt["since"] else ""
        lines += [
            "",
            f"HALTED{since}: {halt['reason']} (lift with `ictcli resume --reason TEXT`)",
        ]
    for one in found["traders"]:
        doing = f"trading since {one['since']} (pid {one['pid']})" if one["running"] else "not running"
        lines += ["", f"account {one['account']}, {one['mode']}: {doing}"]
    if why := found["unreachable"]:
        lines += ["", f"the broker ledger CANNOT BE READ: {why}"]
    for lost in found["damaged"]:
        lines += ["", f"the {lost['ledger']} ledger CANNOT BE READ: {lost['why']}", *_hinted(lost)]
    for ledger in found["ledgers"]:
        last, sync = ledger["last_bar"], ledger["last_sync"]
        bar = f"last bar {last['symbol']} {last['timeframe']} {last['closed']}" if last else "no bar yet"
        allowed = f"{ledger['allowed']}: {ledger['allowed_why']}" if ledger["allowed"] else "not started"
        known = ledger["account"] or "nobody yet"
        lines += [
            "",
            f"{ledger['ledger']} ledger, {known}: {ledger['events']:,} events, {bar}",
            f"  {allowed}",
        ]
        if clock := ledger["clock"]:
            doubt = "" if clock["confirmed"] else ", its rule NOT confirmed"
            lines.append(f"  the broker's clock {apart(clock['offset_seconds'])}{doubt}")
        if since := ledger["recovering"]:
            lines.append(f"  NOT compared with the broker since its start at {since}: nothing new is sent")
        if sync:
            told = f"balance {sync['balance']}, {_off(sync)}"
            lines.append(f"  compared with the broker at its start, {sync['at']}: {told}")
        if ledger["critical_alerts"]:
            lines.append(
                f"  critical alerts in this ledger, acknowledged or not: {ledger['critical_alerts']}"
            )
        lines += _open_tables(ledger, out)
    return lines


def _reconciliations(session: Session) -> list[dict[str, Any]]:
    """The last reconciliation of every ledger that has a broker behind it."""
    state = session.config.state_dir
    if not (state / "secret.key").exists():
        return []
    places = {"broker": find_place(state, session.environ), "paper": paper_place(state)}
    ledgers = [name for name, place in places.items() if place.exists]
    stale_after = parse_duration(session.config.config.reconcile.stale_after)
    return [
        {
            "ledger": one.ledger, "run": one.run or None, "at": iso(one.at) if one.at else None,
            "age": age(session.now - one.at) if one.at else "", "result": one.result, "findings": one.roots,
            "error": one.error, "stale": one.stale,
            "unfinished": iso(one.unfinished) if one.unfinished else None,
            "against_backtest": one.against_backtest or None,
        }
        for one in freshness(state, ledgers, now=session.now, stale_after=stale_after)
    ]  # fmt: skip


def reconciled_line(one: dict[str, Any]) -> str:
    """The last reconciliation of a ledger in a line."""
    apart = f"; {one['against_backtest']}" if one["against_backtest"] else ""
    if one["result"] == "never":
        return f"{one['ledger']} ledger: never reconciled{apart}"
    told = (
        f"{one['findings']} finding{'s' * (one['findings'] != 1)}"
        if one["result"] == "findings"
        else one["result"]
    )
    why = f" ({one['error']})" if one["error"] else ""
    late = ", STALE" if one["stale"] else ""
    late += f"; a run begun at {one['unfinished']} has not ended" if one["unfinished"] else ""
    when = "just now" if one["age"] == "now" else f"{one['age']} ago"
    return f"{one['ledger']} ledger: last reconciled {when}: {told}{why}{late}{apart}"


def apart(seconds: float) -> str:
    """How far a broker's clock is from ours, in words; what told is its newest price, which may be old."""
    if abs(seconds) < _SAME_CLOCK:
        return "agrees with ours"
    if seconds > 0:
        return f"is {seconds:.2f} s ahead of ours"
    return f"agrees with ours, as far as a price tells that was {-seconds:.2f} s old"


def _off(sync: dict[str, Any]) -> str:
    difference = sync["difference"]
    return f"{difference:f} off" if difference else "as ours"


def _open_tables(ledger: dict[str, Any], out: Output) -> list[str]:
    lines: list[str] = []
    if ledger["unresolved"]:
        lines.append(f"orders whose outcome is not known: {ledger['unresolved']}")
    if ledger["open_intents"]:
        rows = [
            [one["symbol"], one["strategy"], one["action"], one["kind"], one["volume"], one["status"]]
            for one in ledger["open_intents"]
        ]
        lines += ["", out.table(["open intent", "strategy", "action", "kind", "volume", "status"], rows)]
    if ledger["positions"]:
        rows = [[one["symbol"], one["volume"], one["price"], one["stop"]] for one in ledger["positions"]]
        lines += ["", out.table(["position", "volume", "price", "stop"], rows)]
    return lines


def age(ns: int) -> str:
    """A span in its largest whole unit: ``42s``, ``7m``, ``5h``, ``12d``; ``now`` when it is not positive."""
    if ns <= 0:
        return "now"
    for unit, name in ((NS_PER_DAY, "d"), (NS_PER_HOUR, "h"), (NS_PER_MINUTE, "m")):
        if ns >= unit:
            return f"{ns // unit}{name}"
    return f"{ns // NS_PER_SECOND}s"


def _series(manifest: Manifest, now: int) -> dict[str, Any]:
    last = manifest.parts[-1].last_close if manifest.parts else None
    return {
        "source": manifest.source,
        "symbol": manifest.symbol,
        "timeframe": manifest.timeframe,
        "rows": manifest.rows,
        "first": iso(manifest.parts[0].first) if manifest.parts else None,
        "last": None if last is None else iso(last),
        "age": "" if last is None else age(now - last),
        "quarantined": manifest.quarantine.rows if manifest.quarantine else 0,
        "gaps": manifest.gap_kinds,
        "revised": manifest.revised,
        "generation": manifest.generation,
    }


def _last_runs(runs: RunStore) -> list[dict[str, Any]]:
    """The newest runs, newest first."""
    found = []
    for run_id in reversed(runs.list()[-LAST_RUNS:]):
        document = runs.load(run_id).document
        found.append(
            {
                "run": run_id,
                "strategy": document.get("strategy"),
                "timeframe": document.get("timeframe"),
                "trades": document.get("trades"),
                "gate": (document.get("gate") or {}).get("verdict"),
            }
        )
    return found


def _size(folder: Path) -> int:
    """Bytes of all files below a folder, as far as they are still there."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total
