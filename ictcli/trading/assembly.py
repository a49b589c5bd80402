"""From bars, strategies and configuration to an account at a broker that has not traded yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from ictcli.clock import NS_PER_DAY
from ictcli.config.records import Config
from ictcli.engine.external import ExternalDesk
from ictcli.engine.money import minor_digits
from ictcli.engine.nights import rolls
from ictcli.market.calendars import calendar
from ictcli.research.accounts import Floor, open_desk
from ictcli.research.choices import Choice
from ictcli.research.playing import settings_of, strategy_names
from ictcli.trading.account import Account
from ictcli.trading.minds import ModelStream, mind_of
from ictcli.trading.reckoning import Seat
from ictcli.trading.wishes import Units

_AHEAD = 3 * 366 * NS_PER_DAY
"""How far ahead the rolls of the trading day are worked out; a restart works them out anew."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """An account and where its count of rolls begins, ns UTC."""

    account: Account
    start: int


def assemble(
    floor: Floor,
    choices: Sequence[Choice],
    config: Config,
    models: Sequence[ModelStream | None],
    since: int | None = None,
    *,
    keeps: bool = True,
) -> Assembled:
    """An account before its first bar.

    Args:
        floor: series that are traded and that convert; their bars tell prices and the first instant.
        choices: strategies; each trades every traded series.
        config: account, sizing, risk, costs.
        models: of each choice; None where it has none.
        since: instant from which its rolls count, ns UTC; None: the first bar.
        keeps: whether the account keeps all that it writes, see ``Account``.

    Raises:
        ConfigError: money cannot be counted, or a strategy does not decide bar by bar.
    """
    opened = open_desk(floor, config)
    start = min(int(one.bars.ts[0]) for one in floor.series) if since is None else since
    end = max(int(one.bars.ts_close[-1]) for one in floor.series)
    weekends = any(calendar(one.spec.calendar).always_open for one in floor.series)
    world = opened.world
    ahead = rolls(start, end + _AHEAD, weekends=weekends)
    desk = ExternalDesk(world.rules, world.series, ahead, world.blackouts, start)
    seats = [
        Seat(s, c, mind_of(choice, settings_of(series, config), models[c]), choice.reasons)
        for s, series in enumerate(floor.series[: floor.traded])
        for c, choice in enumerate(choices)
    ]
    money = minor_digits(config.account.currency)
    units = [
        Units(one.spec.name, one.bars.digits, one.spec.volume_step, money, one.key.timeframe.name)
        for one in floor.series
    ]
    return Assembled(Account(desk, seats, units, strategy_names(choices), keeps=keeps), start)
