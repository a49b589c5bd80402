"""One screen: whatever a run or an account holds, it is not longer, and what decides stands first."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.engine.trades import TRADES
from ictcli.reports.layout import WIDTH
from ictcli.reports.screen import LINES, brief, named, part_lines
from ictcli.reports.screen_of_run import run_screen
from ictcli.research.metrics.definitions import METRICS
from tests.reports.conftest import metric, series, trade

RISKS = {"loss": {"value": 0.1}, "ruin": {"value": 0.0}}
STUDIES: dict[str, Any] = {
    "search": {"trials": 40, "metric": "sharpe_daily", "dsr": 0.8, "pbo": 0.3},
    "walk_forward": {
        "in_sample_expectancy_r": 0.2, "out_of_sample_expectancy_r": 0.05, "folds_with_gain": 3,
        "folds": [{}] * 5,
    },
    "costs": {
        "cases": [{"multiplier": 2.0, "net_expectancy_r": {"value": 0.1}}] * 4, "break_even": 2.4,
    },
    "monte_carlo": {
        "paths": 1000,
        "kinds": {"bootstrap": RISKS, "order": RISKS, "costs": RISKS},
    },
    "null": {"as_good": 3, "runs": 100, "p": 0.04},
    "earlier": {"runs": ["a"] * 9, "trials": 10, "effective_trials": 4.2, "unreadable": []},
}  # fmt: skip


def full_metrics() -> dict[str, Any]:
    return {name: metric(1.25, 0.5, 2.5) for name in METRICS}


def test_what_decides_stands_first(document: dict[str, Any], trades: pa.Table) -> None:
    lines = run_screen(document, trades).splitlines()
    assert lines[0] == "Too few trades to tell an edge or a loss: 5, 30 at least."
    assert lines[1].startswith("Gate INCONCLUSIVE: 0 of 1 checks met")
    assert lines[2] == "Missed: INCONCLUSIVE net_expectancy_r (low) > 0"


def test_a_screen_holds_metrics_parts_months_fills_and_provenance(
    document: dict[str, Any], trades: pa.Table
) -> None:
    document["metrics"] = full_metrics()
    text = run_screen(document, trades)
    words = " ".join(text.split())
    for part in (
        "Backtest 20240301T000000Z-abcdef01",
        "expectancy",
        "max drawdown",
        "costs",
        "symbol   EURUSD",
        "session  london",
        "side     long",
        "spread: median 8 pt, at most 40, known on 100.0 % of bars; commission 3.50 USD or none a lot",
        "1 of 5 trades ambiguous",
        "not traded  2 in_position",
        "ictcli backtest EURUSD --strategy fvg_retest",
        "sim/EURUSD/M1 abababab",
        "--full",
    ):
        assert " ".join(part.split()) in words, part
    (months,) = [line for line in text.splitlines() if line.startswith("2024  ")]
    assert months.split() == ["2024", "70", "25", "95"]


def test_the_fullest_run_fits_the_screen(document: dict[str, Any]) -> None:
    names = [f"SYM{at:02}" for at in range(40)]
    start = datetime(2015, 1, 5, 9, tzinfo=UTC)
    rows = [
        trade(at, "12.50") | {
            "symbol": names[at % 40], "strategy": f"s{at % 7}", "setup": f"set-up {at % 11}",
            "opened_at": start + timedelta(days=5 * at, hours=at % 24),
            "closed_at": start + timedelta(days=5 * at, hours=at % 24 + 1),
        }
        for at in range(600)
    ]  # fmt: skip
    document["metrics"] = full_metrics()
    document["series"] = [series(name, 5) for name in names]
    document["gate"]["checks"] *= 9
    document["provenance"]["argv"] += [f"--param=p{at}={at}" for at in range(60)]
    trades = pa.Table.from_pylist(rows, schema=TRADES)
    lines = run_screen({**document, **STUDIES}, trades).splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    text = "\n".join(lines)
    assert re.search(r"symbol   SYM00 .*\n +3[89] others", text)
    assert "Before 20" in text
    assert "and 6 more" in text
    for title in ("search", "forward", "costs", "paths", "chance", "attempts"):
        assert f"  {title} " in text


@given(room=st.integers(-20, 40), counts=st.tuples(*[st.integers(0, 30)] * 5))
def test_parts_are_cut_to_the_room_and_lose_no_trade(room: int, counts: tuple[int, ...]) -> None:
    names = ("symbol", "strategy", "setup", "session", "side")
    blank = dict.fromkeys(
        ["expectancy_r", "expectancy_r_low", "expectancy_r_high", "win_rate", "win_rate_low", "win_rate_high",
         "profit_factor"]
    )  # fmt: skip
    parts = {
        name: [
            {name: f"{name}{at}", "trades": at + 1, "net": Decimal(at), "ambiguous": 0, **blank}
            for at in range(count)
        ]
        for name, count in zip(names, counts, strict=True)
    }
    lines = part_lines(parts, room, 0.95)
    assert len(lines) <= max(room, 9) + 2
    own = [line for line in lines[2:] if "symbol" in line[9:]] + _others(lines)
    found = [int(re.findall(r"(?:symbol\d+|others) +(\d+)", line)[0]) for line in own]
    assert sum(found) == counts[0] * (counts[0] + 1) // 2


def _others(lines: Sequence[str]) -> list[str]:
    """The line that adds up the symbols left out."""
    block = ""
    found = []
    for line in lines[2:]:
        block = line[:9].strip() or block
        found += [line] if block == "symbol" and " others " in line else []
    return found


def test_a_run_without_trades_says_so_first(document: dict[str, Any]) -> None:
    document["metrics"]["trades"]["value"] = 0
    text = run_screen({**document, "gate": None, "trades": 0}, TRADES.empty_table())
    assert text.startswith("No trades: nothing is shown, neither an edge nor its absence.")
    assert "Metric" not in text
    assert "not traded  2 in_position" in text


def test_an_undefined_deflated_ratio_gives_way_to_the_plain_one(
    document: dict[str, Any], trades: pa.Table
) -> None:
    document["metrics"] = full_metrics()
    assert "\nDSR " in run_screen(document, trades)
    document["metrics"]["dsr"] = {**metric(None), "why": "trials not known: see PSR"}
    text = run_screen(document, trades)
    assert "\nPSR " in text
    assert "\nDSR " not in text


@pytest.mark.parametrize(
    ("texts", "shown"),
    [([], ""), (["a"], "a"), (list("abc"), "a, b, c"), (list("abcde"), "a, b, c and 2 more")],
)
def test_long_lists_are_counted(texts: list[str], shown: str) -> None:
    assert named(texts) == shown


def test_a_long_text_is_cut_and_says_so() -> None:
    lines = brief([("a", "word " * 200), ("longer", "short")])
    assert len(lines) == 3
    assert lines[1].endswith(" …")
    assert max(map(len, lines)) <= WIDTH
