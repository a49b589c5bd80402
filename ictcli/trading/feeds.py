"""Which series make the simulated market: a symbol has one there, of its shortest timeframe."""

from dataclasses import dataclass

from ictcli.research.accounts import Floor


@dataclass(frozen=True, slots=True)
class Feeds:
    """How the trader's series and those of the simulated server belong together.

    Attributes:
        server: for each of the trader's series its number at the server; -1 for one that only the trader
            takes, because a shorter timeframe of its symbol makes the market.
        listeners: for each of the trader's series: those that hear of prices within its bars.
    """

    server: tuple[int, ...]
    listeners: tuple[tuple[int, ...], ...]

    def of(self, series: int) -> int | None:
        """Number of a series at the server, None where it makes no market."""
        return None if self.server[series] < 0 else self.server[series]


def one_each(count: int, traded: int) -> Feeds:
    """Feeds where every series is a symbol's only one.

    Args:
        count: of series.
        traded: how many of them, from the first, are traded; the others only convert.
    """
    heard = tuple((s,) if s < traded else () for s in range(count))
    return Feeds(tuple(range(count)), heard)


def feeds_of(floor: Floor) -> tuple[Feeds, Floor]:
    """The feeds of a floor, and what of it the server trades.

    Args:
        floor: of several traded series of a symbol, the first makes its market.
    """
    series, traded = floor.series, floor.traded
    names = [one.spec.name for one in series]
    makes = [s for s, name in enumerate(names) if names.index(name) == s]
    server = tuple(makes.index(s) if s in makes else -1 for s in range(len(series)))
    listeners = tuple(
        tuple(other for other in range(traded) if names[other] == names[s]) if s in makes else ()
        for s in range(len(series))
    )
    market = Floor(
        tuple(series[s] for s in makes),
        sum(1 for s in makes if s < traded),
        tuple(floor.fine[s] for s in makes),
        floor.news,
    )
    return Feeds(server, listeners), market
