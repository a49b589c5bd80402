"""How often a comparison sees a difference where there is none, and where there is one."""

import numpy as np
import pyarrow as pa
import pytest

from ictcli.engine.trades import TRADES
from ictcli.reports.compare_tests import compared
from ictcli.research.metrics.values import Resampling, Sample
from tests.reports.test_compare import noise, side

DAYS = 250
SETS = 1_000


def sample(drawn: "np.ndarray[tuple[int], np.dtype[np.float64]]", blank: Sample) -> Sample:
    """The blank's trades with other results."""
    nets = pa.array([round(value, 2) for value in drawn.tolist()]).cast(TRADES.field("net").type)
    trades = blank.trades.set_column(TRADES.get_field_index("net"), TRADES.field("net"), nets)
    multiples = pa.array((drawn / 50).tolist())
    trades = trades.set_column(TRADES.get_field_index("r_multiple"), TRADES.field("r_multiple"), multiples)
    return Sample(trades, blank.days, blank.all_days, 0, blank.opening)


@pytest.mark.proof
def test_intervals_of_differences_hold_what_they_promise(proof_facts: dict[str, object]) -> None:
    blank = side("a", noise(1, size=DAYS)).sample
    how = Resampling(400, 1, 0.95)
    seen: dict[str, list[int]] = {}
    generator = np.random.default_rng(20_261_121)
    for shift in (0.0, 10.0):
        for _ in range(SETS):
            common = generator.normal(0, 30, DAYS)
            first, second = (common + generator.normal(mean, 30, DAYS) for mean in (0.0, shift))
            for one in compared(sample(first, blank), sample(second, blank), how):
                seen.setdefault(f"{one.what}, shift {shift:g}", []).append(not one.chance)
    rates = {name: round(sum(hits) / len(hits), 3) for name, hits in seen.items()}
    proof_facts |= {"days": DAYS, "data_sets": SETS, **rates}
    for name in ("result a day", "Sharpe (daily)", "R of trades that both made"):
        assert 0.03 <= rates[f"{name}, shift 0"] <= 0.10, name
    # independent draws do not know what both share, so they see less
    assert rates["expectancy, shift 0"] <= 0.05
    assert rates["result a day, shift 10"] > rates["expectancy, shift 10"] > rates["expectancy, shift 0"]
