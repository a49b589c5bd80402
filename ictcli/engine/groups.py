"""What belongs together: exposure groups of symbols, and the news that concern them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.records import GROUPS
from ictcli.errors import ConfigError
from ictcli.market.bars import Int64
from ictcli.market.news import EVERY, NewsEvent
from ictcli.market.symbols import SymbolSpec

MOST_SERIES_WITH_NEWS = 63
"""Series are bits of a 64-bit number in a table of blackouts."""


class Groups(NamedTuple):
    """Exposure groups of the series of a run.

    Attributes:
        names: of the groups, by number.
        number: for ``SERIES.group``, n by ``GROUPS``; -1 for none.
        side: for ``SERIES.group_side``: how a long position counts.
    """

    names: tuple[str, ...]
    number: NDArray[np.int64]
    side: NDArray[np.int64]


def exposure_groups(specs: Sequence[SymbolSpec], same_as: Mapping[str, str]) -> Groups:
    """The groups of each series: its class of instruments, its base and its quote.

    A long position is a bet on the rise of class and base and on the fall of the quote: long EURUSD and
    short GBPUSD add up in nothing, long EURUSD and long EURJPY add up in EUR.

    Args:
        specs: of the series, in their order.
        same_as: currencies counted one for one as another, and so in one group.
    """
    names: list[str] = []
    number = np.full((len(specs), GROUPS), -1, np.int64)
    side = np.zeros((len(specs), GROUPS), np.int64)
    for s, spec in enumerate(specs):
        base, quote = same_as.get(spec.base, spec.base), same_as.get(spec.quote, spec.quote)
        for at, (name, sign) in enumerate(((f"class {spec.asset}", 1), (base, 1), (quote, -1))):
            if name not in names:
                names.append(name)
            number[s, at], side[s, at] = names.index(name), sign
    return Groups(tuple(names), number, side)


def blackout_table(
    events: Sequence[NewsEvent], specs: Sequence[SymbolSpec], same_as: Mapping[str, str]
) -> Int64:
    """When which series are not entered because of news, as ``risk.in_blackout`` reads it.

    Args:
        events: the calendar.
        specs: of the series, in their order; news concern those with that base or quote.
        same_as: currencies counted one for one as another.

    Returns:
        k by 3: start, end (exclusive), bits of the series; sorted, no two intervals overlap.

    Raises:
        ConfigError: there are more series than bits.
    """
    if events and len(specs) > MOST_SERIES_WITH_NEWS:
        raise ConfigError(
            f"a news calendar covers at most {MOST_SERIES_WITH_NEWS} series, the run has {len(specs)}",
            hint="Trade fewer symbols in one run, or unset risk.news.",
        )
    meant = [(one.start, one.end, _bits(one.currency, specs, same_as)) for one in events]
    meant = [(start, end, bits) for start, end, bits in meant if bits and start < end]
    edges = sorted({edge for start, end, _ in meant for edge in (start, end)})
    rows: list[tuple[int, int, int]] = []
    meant.sort()
    active: list[tuple[int, int, int]] = []
    following = 0
    for start, end in pairwise(edges):
        while following < len(meant) and meant[following][0] <= start:
            active.append(meant[following])
            following += 1
        active = [one for one in active if one[1] > start]
        bits = 0
        for one in active:
            bits |= one[2]
        if bits:
            rows.append((start, end, bits))
    return np.array(rows, np.int64).reshape(-1, 3)


def _bits(currency: str, specs: Sequence[SymbolSpec], same_as: Mapping[str, str]) -> int:
    wanted = same_as.get(currency, currency)
    found = 0
    for s, spec in enumerate(specs):
        concerned = {same_as.get(one, one) for one in (spec.base, spec.quote)}
        if currency == EVERY or wanted in concerned:
            found |= 1 << s
    return found
