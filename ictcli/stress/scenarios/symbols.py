"""Many symbols at once, each with a bar every minute: how long until all is decided, and sent."""

from ictcli.stress.claims import quantile_claim
from ictcli.stress.load import Times, load, play, rehearse
from ictcli.stress.market import in_its_currency, symbols_of
from ictcli.stress.scenario import Claim, Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.stress.tally import Tally
from ictcli.stress.world import without_limits
from ictcli.telemetry import Progress

_BARS = {"quick": 330, "full": 600}
"""Bars of each symbol: of a 99 % quantile the upper bound needs 299 instants."""
_PROBABILITY = 0.02
"""Of an order of the load, for each symbol and bar."""


def run(setting: Setting, seed: int, progress: Progress) -> Measured:
    """A round for each number of symbols."""
    claims: list[Claim] = []
    specs = symbols_of(2, setting.book)
    rehearse(setting, specs, without_limits(in_its_currency(setting.config, specs[0])), seed, progress)
    tallies: list[Tally] = []
    for count in setting.symbols:
        if claims and setting.stopping():
            break
        times = _times(setting.within(str(count)), count, seed, progress)
        claims += _claims(setting, count, times)
        tallies.append(times.tally)
    return [*claims, *sum(tallies[1:], tallies[0]).claims(setting.limits.error_rate)]


def _times(setting: Setting, count: int, seed: int, progress: Progress) -> Times:
    specs = symbols_of(count, setting.book)
    config = without_limits(in_its_currency(setting.config, specs[0]))
    choices = [*setting.choices, load(_PROBABILITY, seed)]
    return play(setting, specs, choices, config, _BARS[setting.profile], seed, progress)


def _claims(setting: Setting, count: int, times: Times) -> list[Claim]:
    limits = setting.limits
    per_bar = [1000 * one / count for one in times.closes]
    return [
        quantile_claim(
            f"{count} symbols: work for a bar", per_bar, 0.99, "ms", "minutes", limits.bar_ms
        ),
        quantile_claim(
            f"{count} symbols: signal to order", [1000 * one for one in times.orders], 0.99, "ms", "orders",
            limits.signal_to_order_ms,
        ),
    ]  # fmt: skip


def _told(setting: Setting) -> str:
    *most, last = (str(count) for count in setting.symbols)
    counts = f"{', '.join(most)} and {last}" if most else last
    frames = ", ".join(one.name for one in setting.timeframes)
    return f"{counts} symbols on {frames} at once, your strategies and a load of random orders"


SCENARIO = Scenario(
    "symbols", "many symbols at once, your strategies and a load", run, frozenset({"timeframe", "symbols"}),
    traded=True, told=_told,
)  # fmt: skip
