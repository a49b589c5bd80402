"""The sweep at its full count, and on market data: currencies, indices, gold, crypto, futures, M1 to H1.

The windows lie where files are strange: both weekends on which New York changes its clocks, weeks in which
only one side of the ocean has, holidays, minutes without trades, pauses of a day.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.plan import Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.verification import verify
from ictcli.market.bars import Bars
from tests.detectors import test_causality
from tests.detectors.adversarial import Case, Plans, lagging, read_bars
from tests.detectors.invariants import (
    TIMED,
    check_identifiers,
    check_lives,
    check_negation,
    check_parents,
    check_pause,
    check_prefixes,
    check_scale,
    check_shift,
    check_time,
)

BARS = 2500

WINDOWS = [
    ("EURUSD_M1_histdata202306", 5, 1, ""),
    ("EURUSD_M15_brokerJ", 5, 15, "2025-03-03"),
    ("EURUSD_M15_brokerJ", 5, 15, "2025-10-20"),
    ("GBPUSD_H1_ejtrader", 5, 60, "2020-02-20"),
    ("XAUUSD_M1_ftmo", 2, 1, ""),
    ("XAUUSD_M5_ftmo", 2, 5, "2026-03-02"),
    ("US100_M5_ftmo", 2, 5, "2026-03-02"),
    ("US500_M15_ftmo", 2, 15, "2025-10-20"),
    ("NQ_M1_firstrate", 2, 1, "2023-11-22"),
    ("BTCUSDC_M1_kraken", 2, 1, "2023-03-11"),
    ("BTCUSDT_M5_bybit", 1, 5, ""),
]
"""File, price digits, minutes of a bar, first day (the beginning of the file when empty)."""

names = pytest.mark.parametrize("name", list(DETECTORS))


def window(folder: Path, name: str, digits: int, minutes: int, day: str, size: int = BARS) -> Bars:
    bars = read_bars(folder / "bars" / f"{name}.parquet", digits, minutes * NS_PER_MINUTE)
    since = np.datetime64(day, "ns").astype(np.int64) if day else bars.ts[0]
    first = min(int(np.searchsorted(bars.ts, since)), max(len(bars) - size, 0))
    return bars.slice(first, first + size)


@pytest.fixture(params=WINDOWS, ids=lambda row: f"{row[0]}@{row[3] or 'first'}")
def real_window(request: pytest.FixtureRequest, real_data: Path) -> Bars:
    """One stretch of market data."""
    name, digits, minutes, day = request.param
    return window(real_data, name, digits, minutes, day)


def real_case(name: str, bars: Bars, plan_for: Plans) -> Case:
    """A detector with its default parameters but quick swings, on these bars."""
    length = int(bars.ts_close[0] - bars.ts[0])
    plan = plan_for(DETECTORS[name], {"reclaim": 2, "tolerance_atr": 0.5}, length)
    return Case(DETECTORS[name], plan, bars, lagging(bars) if DETECTORS[name].pair else None)


@pytest.mark.proof
def test_the_sweep_holds_on_real_bars(
    real_window: Bars, plan_for: Plans, proof_facts: dict[str, object]
) -> None:
    records = 0
    for name in DETECTORS:
        case = real_case(name, real_window, plan_for)
        records += sum(len(events) for events in case.logs())
        check_prefixes(case, [1, 100, 999, 1000, 1001, 2000, 2499])
        check_negation(case)
        check_scale(case, 8)
        check_shift(case, -12_345)
        check_pause(case, 1200, 3 * NS_PER_DAY)
        check_lives(case)
        check_identifiers(case)
        check_parents(case)
        if name not in TIMED:
            check_time(case, 31 * NS_PER_HOUR)
    proof_facts |= {"bars": len(real_window), "detectors": len(DETECTORS), "records": records}


@pytest.mark.proof
def test_real_windows_show_no_rewritten_record_and_no_batch_mismatch(
    real_window: Bars, proof_facts: dict[str, object]
) -> None:
    length = int(real_window.ts_close[0] - real_window.ts[0])
    plan = make_plan(DETECTORS.values(), DETECTORS, Settings(length), pair=True)
    found = verify(plan, real_window, lagging(real_window), prefixes=12)
    proof_facts |= {"prefixes": found.prefixes, "detectors": len(found.detectors)}
    assert (found.rewritten, found.batch_mismatches, found.first) == (0, 0, None)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "digits"),
    [("EURUSD_M1_histdata202306", 5), ("US100_M5_ftmo", 2), ("BTCUSDC_M1_kraken", 2)],
)
def test_every_thousandth_prefix_of_whole_files_is_never_rewritten(
    name: str, digits: int, real_data: Path, proof_facts: dict[str, object]
) -> None:
    length = int(name.split("_")[1][1:]) * NS_PER_MINUTE
    bars = read_bars(real_data / "bars" / f"{name}.parquet", digits, length)
    plan = make_plan(DETECTORS.values(), DETECTORS, Settings(length), pair=True)
    found = verify(plan, bars, lagging(bars), prefixes=len(bars) // 1000)
    proof_facts |= {"bars": len(bars), "prefixes": found.prefixes}
    assert (found.rewritten, found.batch_mismatches) == (0, 0)


SWEEP: list[Callable[..., None]] = [
    test_causality.test_a_prefix_knows_exactly_what_the_full_run_knew_by_then,
    test_causality.test_one_bar_at_a_time_with_a_restart_equals_batch_bit_for_bit,
    test_causality.test_negated_bars_give_the_negated_events,
    test_causality.test_doubled_prices_give_doubled_levels_at_the_same_bars,
    test_causality.test_shifted_prices_give_shifted_levels_at_the_same_bars,
    test_causality.test_the_same_prices_at_another_time_give_the_same_events,
    test_causality.test_a_pause_before_a_bar_changes_nothing_but_the_mark_and_the_clock,
    test_causality.test_records_of_one_object_only_move_forward,
    test_causality.test_no_two_objects_share_an_identifier,
    test_causality.test_a_parent_is_an_object_that_was_known_before,
]


@pytest.mark.proof
@names
def test_the_sweep_at_its_full_count(name: str, plan_for: Plans, proof_facts: dict[str, object]) -> None:
    for check in SWEEP:
        check(name=name, plan_for=plan_for)
    proof_facts |= {"properties": len(SWEEP), "profile": "1000 drawn cases each under make proof"}
