"""Orders as fast as one trader carries them, on a ledger whose commits wait for the disk."""

from ictcli.stress.claims import quantile_claim
from ictcli.stress.load import SLICE, load, play, rehearse
from ictcli.stress.market import in_its_currency, symbols_of
from ictcli.stress.scenario import Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.stress.world import without_limits
from ictcli.telemetry import Progress

_ENOUGH = {"quick": 3_200, "full": 10_000}
"""Requests: an error rate below a thousandth cannot be shown with fewer than 3,000."""
_SYMBOLS = 4
_PROBABILITY = 0.5


def run(setting: Setting, seed: int, progress: Progress) -> Measured:
    """Four symbols that trade nearly all the time."""
    specs = symbols_of(_SYMBOLS, setting.book)
    config = without_limits(in_its_currency(setting.config, specs[0]))
    rehearse(setting, specs, config, seed, progress)
    enough = _ENOUGH[setting.profile]
    times = play(setting, specs, [load(_PROBABILITY, seed)], config, enough, seed, progress, enough=enough)
    limits = setting.limits
    return [
        quantile_claim(
            "trades an hour", times.rates, 0.05, "trades/h", f"spans of {SLICE} trades",
            limits.trades_per_hour, direction=">",
        ),
        quantile_claim(
            "signal to order", [1000 * one for one in times.orders], 0.99, "ms", "orders",
            limits.signal_to_order_ms,
        ),
        *times.tally.claims(limits.error_rate),
    ]  # fmt: skip


SCENARIO = Scenario(
    "throughput",
    "orders without a pause: rate, time from signal to order, errors",
    run,
    frozenset({"timeframe"}),
)
