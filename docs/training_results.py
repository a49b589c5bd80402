"""Train models on real bars and write the section "Models" of docs/results.md.

    ICTCLI_REAL_DATA=... python docs/training_results.py

Equal bars, parameters and version give an equal section, but for the minutes that it took.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ictcli.stats.multiplicity import benjamini_hochberg

PAGE = Path(__file__).parent / "results.md"
BEGIN, END = "<!-- models: begin -->", "<!-- models: end -->"
FILES = {
    "ejtrader": ("GBPUSD_H1_ejtrader", "USDJPY_H1_ejtrader", "XAUUSD_H1_ejtrader"),
    "dukalike": ("EURUSD_M15_dukalike20*",),
    "broker_j": ("EURUSD_M15_brokerJ",),
    "ftmox": ("AUDUSD_M15_ftmox",),
    "ftmo": (
        "XAUUSD_M15_ftmo",
        "US500_M15_ftmo",
        "US100_M5_ftmo",
        "BTCUSD_M5_ftmo",
        "ETHUSD_M5_ftmo",
    ),
}
"""Source = which of ``bars/*.parquet``; files of one source and symbol are joined."""
SERIES = (
    ("ejtrader", "GBPUSD", "H1"),
    ("ejtrader", "USDJPY", "H1"),
    ("ejtrader", "XAUUSD", "H1"),
    ("dukalike", "EURUSD", "M15"),
    ("broker_j", "EURUSD", "M15"),
    ("ftmox", "AUDUSD", "M15"),
    ("ftmo", "XAUUSD", "M15"),
    ("ftmo", "US500", "M15"),
    ("ftmo", "US100", "M15"),
    ("ftmo", "BTCUSD", "M15"),
    ("ftmo", "ETHUSD", "M15"),
)  # fmt: skip
TOGETHER = ("lightgbm", "xgboost", "forest", "logistic")
STRATEGIES = ("fvg_retest", "turtle_soup")
REFUSED, LEVEL, FEWEST = 5, 0.05, 30
"""Exit code of data that cannot be learned from; level of significance; trades that an interval needs."""


@dataclass(frozen=True, slots=True)
class Row:
    """One training: what was learned from which series, and the document of ``train --json``.

    ``found`` is None where the training was refused, ``refusal`` then says why.
    """

    series: str
    learnt: str
    models: str
    found: dict[str, Any] | None
    refusal: str = ""

    @property
    def p(self) -> float | None:
        """Of the forecast being no better than the base rate; None where it has none."""
        return None if self.found is None else self.found["evidence"]["p_value"]


def trainings() -> Iterator[tuple[str, str, list[str]]]:
    """What is learned, by which models, and the options that ask for it; in the order of the table."""
    together = [part for name in TOGETHER for part in ("--model", name)]
    yield "barriers", "lightgbm", ["--label", "barriers"]
    yield "barriers", "ensemble", ["--label", "barriers", *together]
    yield "horizon", "lightgbm", ["--label", "horizon"]
    for strategy in STRATEGIES:
        yield strategy, "lightgbm", ["--strategy", strategy]


def run(arguments: Sequence[str], environment: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON document of a command; any other failure than a refusal ends the run."""
    done = subprocess.run(
        [sys.executable, "-m", "ictcli", *arguments, "--json", "--quiet"],
        env=environment, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    if done.returncode not in (0, REFUSED):
        sys.exit(f"ictcli {' '.join(arguments)}\n{done.stdout}{done.stderr}")
    return done.returncode, json.loads(done.stdout)


def fetch(data: Path, environment: dict[str, str]) -> None:
    """Bring in the bars of ``FILES``, as a user would."""
    for label, patterns in FILES.items():
        for file in sorted(path for each in patterns for path in (data / "bars").glob(f"{each}.parquet")):
            run(["fetch", "--source", "file", "--path", str(file), "--label", label, "--yes"], environment)


def rows_of(environment: dict[str, str]) -> list[Row]:
    """Every training on every series; those of a series one after the other, as its attempts count."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(partial(series_rows, environment), SERIES)
        return [row for rows in found for row in rows]


def series_rows(environment: dict[str, str], series: tuple[str, str, str]) -> list[Row]:
    """Every training on one series."""
    source, symbol, timeframe = series
    rows, name = [], "/".join(series)
    for learnt, models, options in trainings():
        asked = ["train", symbol, "-t", timeframe, "--source", source, *options]
        code, document = run(asked, environment)
        if code == REFUSED:
            rows.append(Row(name, learnt, models, None, document["error"]["message"]))
        else:
            rows.append(Row(name, learnt, models, document["models"][0]))
    sys.stderr.write(f"{name}\n")
    return rows


def table(rows: Sequence[Row]) -> tuple[list[str], str]:
    """Lines of the table, and the sentence on what survives."""
    trained = [row for row in rows if row.found is not None]
    tested = benjamini_hochberg([row.p for row in trained], LEVEL)
    adjusted = {id(row): q for row, q in zip(trained, tested.adjusted, strict=True)}
    head = (
        "series", "learned", "models", "tested", "apart", "base", "accuracy", "95 %", "AUC", "95 %", "trades",
        "net R", "95 %", "p", "p (BH)", "attempts", "DSR", "PBO", "verdict",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for row in rows:
        cells = [row.series, row.learnt, row.models]
        cells += _refused(row, len(head)) if row.found is None else _measured(row.found, adjusted[id(row)])
        lines.append(f"| {' | '.join(cells)} |")
    return lines, _survivors(trained, tested.rejected, len(rows) - len(trained))


def _refused(row: Row, width: int) -> list[str]:
    return [*["-"] * (width - 4), f"refused: {row.refusal}"]


def _measured(found: dict[str, Any], adjusted: float) -> list[str]:
    scores, evidence = found["scores"], found["evidence"]
    return [
        f"{scores['accuracy']['n']:,}", f"{scores['independent']:,}", f"{scores['base']:.1%}",
        *_bounded(scores["accuracy"], ".1%"), *_bounded(scores["auc"], ".3f"),
        f"{scores['taken']:,}", *_result(found),
        _number(evidence["p_value"], ".4f"), f"{adjusted:.4f}", str(evidence["trials"]),
        _number(evidence["dsr"], ".3f"), _number(evidence["pbo"], ".2f"), found["verdict"],
    ]  # fmt: skip


def _bounded(found: dict[str, Any], form: str) -> tuple[str, str]:
    if found["low"] is None or found["high"] is None:
        return _number(found["value"], form), "-"
    return _number(found["value"], form), f"{found['low']:{form}} to {found['high']:{form}}"


def _result(found: dict[str, Any]) -> tuple[str, str]:
    """Mean result of a trade in R; of one without a stop in basis points of its price."""
    stopless = found["label"]["rule"] == "fixed horizon"
    own = found["evidence"]["expectancy"] if stopless else found["scores"]["net"]
    few, scale = own["n"] < FEWEST, 1e4 if stopless else 1.0
    parts = {name: None if own[name] is None else scale * own[name] for name in ("value", "low", "high")}
    if few:
        parts |= {"low": None, "high": None}
    value, bounds = _bounded(parts, "+.2f" if stopless else "+.3f")
    return f"{value} bp" if stopless else value, bounds


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:{form}}"


def _survivors(trained: Sequence[Row], rejected: Sequence[bool], refused: int) -> str:
    kept = [row for row, fell in zip(trained, rejected, strict=True) if fell]
    edges = [row for row in trained if row.found is not None and row.found["verdict"] == "edge"]
    both = [row for row in edges if row in kept]
    text = (
        f"Of {len(trained)} models, {len(kept)} forecast better than the base rate at a false discovery rate "
        f"of {LEVEL:.0%} over the whole table, and {len(edges)} pass all four questions of their own "
        f"training. Trainings refused: {refused}."
    )
    if not both:
        return f"{text} **No model has an edge on these bars.**"
    return f"{text} Both: {'; '.join(f'{row.learnt} by {row.models} on {row.series}' for row in both)}."


def sums(rows: Sequence[Row]) -> list[str]:
    """Lines of the table per kind of training that was not always refused."""
    head = (
        "learned", "models", "series", "tested", "mean base", "mean accuracy", "lowest", "highest",
        "accuracy above base", "AUC interval above 0.5", "below 0.5", "result's interval above 0", "below 0",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for learnt, models, _ in trainings():
        found = [one.found for one in rows if one.found and (one.learnt, one.models) == (learnt, models)]
        own, earned = ([one[part] for one in found] for part in ("scores", "evidence"))
        hits = [one["accuracy"]["value"] for one in own]
        if not hits:
            continue
        cells = (
            learnt, models, str(len(own)), f"{sum(one['accuracy']['n'] for one in own):,}",
            _mean([one["base"] for one in own]), _mean(hits), f"{min(hits):.1%}", f"{max(hits):.1%}",
            str(sum(one["accuracy"]["value"] > one["base"] for one in own)),
            *(str(count) for count in _apart([one["auc"] for one in own], 0.5)),
            *(str(count) for count in _apart([one["expectancy"] for one in earned], 0.0)),
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _mean(values: Sequence[float]) -> str:
    return f"{math.fsum(values) / len(values):.1%}"


def _apart(found: Sequence[dict[str, Any]], level: float) -> tuple[int, int]:
    """How many intervals lie above a level, and how many below."""
    known = [one for one in found if one["low"] is not None and one["n"] >= FEWEST]
    return sum(one["low"] > level for one in known), sum(one["high"] < level for one in known)


def gains(rows: Sequence[Row]) -> list[str]:
    """Lines of the table of the series, and of what ensembles add to their best members."""
    head = (
        "series", "bars", "from", "to", "members kept", "best model alone",
        "its log-loss less the ensemble's", "95 %",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for row in rows:
        if row.found is None or row.found["gain"] is None:
            continue
        gain, members, data = row.found["gain"], row.found["members"], row.found["data"]
        kept = ", ".join(one["name"] for one in members if not one["refused"])
        span = f"{data['bars']:,} | {data['first'][:10]} | {data['last'][:10]}"
        lines.append(
            f"| {row.series} | {span} | {kept} | {gain['best']} | {' | '.join(_bounded(gain, '+.5f'))} |"
        )
    return lines


def section(rows: Sequence[Row], minutes: int) -> str:
    """The page with its generated part replaced."""
    lines, survivors = table(rows)
    took = f"{len(rows)} trainings on {len(SERIES)} series; fetching and training took {minutes} minutes."
    parts = [survivors, took, "\n".join(sums(rows)), "\n".join(gains(rows)), "\n".join(lines)]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    generated = "\n\n".join(parts)
    return f"{before}{BEGIN}\n\n{generated}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Write the section."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ICTCLI_WORKSPACE": folder, "NO_COLOR": "1"}
        run(["init", folder], environment)
        fetch(Path(os.environ["ICTCLI_REAL_DATA"]).resolve(), environment)
        rows = rows_of(environment)
    PAGE.write_text(section(rows, math.ceil((time.monotonic() - began) / 60)), encoding="utf-8")


if __name__ == "__main__":
    main()
