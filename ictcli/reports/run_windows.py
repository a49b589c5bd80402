"""Trades on their bars with what the detectors knew when each was decided."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.clock import now_ns, parse_instant
from ictcli.config.records import Config, DetectConfig
from ictcli.errors import IctError
from ictcli.market.bars import Bars, Int64, SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.reports.run_story import TradeWindow, Windows
from ictcli.reports.run_zones import Moment, known_at
from ictcli.research.backtest import Workshop
from ictcli.research.metrics.values import floats
from ictcli.research.playing import numbered, settings_of
from ictcli.research.series import Series, load_series
from ictcli.store.runs import Run
from ictcli.store.selection import Selection
from ictcli.strategies.known import STRATEGIES
from ictcli.strategies.wiring import Wiring, wire

Document = Mapping[str, Any]

MOST = 160
"""Trades that are shown on their bars; of a run with more, some are chosen."""
_EXTREME, _LATEST = 25, 30
_BEFORE, _AFTER = 60, 24
"""Bars before the decision (or the zone behind it) and after the exit."""
_WIDEST = 320
"""Bars of a window; a longer trade is cut after so many."""
_EARLIEST = 160
"""Most bars from the zone to the decision that a window reaches back for."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one trade lies on its series.

    Attributes:
        trade: row in the run's trades.
        decided, opened, closed: bars.
        formed: bar of the pattern behind it; None where no record tells.
        side: ``long`` or ``short``.
    """

    trade: int
    decided: int
    opened: int
    closed: int
    formed: int | None
    side: str


def windows_of_run(run: Run, trades: pa.Table, shop: Workshop) -> Windows:
    """Chosen trades of a stored run on the bars that the store still has.

    Args:
        run: stored.
        trades: of it, at least one.
        shop: where bars, instruments and today's configuration are.
    """
    document = run.document
    rows, chosen = choose_trades(trades)
    picked = trades.take(pa.array(rows))
    signals = run.table("signals")
    formed = {} if signals is None else _formed(signals, picked)
    doubts = []
    if "detect" not in document:
        doubts.append("the run does not keep the parameters of its detectors: zones follow those of today")
    shown: list[TradeWindow] = []
    for one in document["series"]:
        own = [(row, at) for at, row in enumerate(rows) if picked["symbol"][at].as_py() == one["symbol"]]
        if not own:
            continue
        try:
            series = series_of(one, document["timeframe"], shop)
        except IctError as error:
            doubts.append(f"no bars of {one['symbol']}: {error.message}")
            continue
        if series.content != one["content"]:
            doubts.append(f"the stored bars of {one['symbol']} have changed since the run")
        shown += _on_series(document, series, _Picked(picked, own, formed), shop, doubts)
    shown.sort(key=lambda window: window.trade)
    return Windows(tuple(shown), chosen, tuple(dict.fromkeys(doubts)))


def choose_trades(trades: pa.Table, most: int = MOST) -> tuple[list[int], str]:
    """Rows of the trades to show, and in words how they were chosen; empty where all are shown."""
    size = len(trades)
    if size <= most:
        return list(range(size)), ""
    order = np.argsort(floats(trades, "net"), kind="stable").tolist()
    rows = {*order[:_EXTREME], *order[-_EXTREME:], *range(size - _LATEST, size)}
    for row in np.linspace(0, size - 1, most).astype(np.int64).tolist():
        if len(rows) < most:
            rows.add(row)
    told = (
        f"{len(rows):,} of {size:,} trades are shown on their bars: the {_EXTREME} best and the {_EXTREME}"
        f" worst, the last {_LATEST}, and others evenly over time"
    )
    return sorted(rows), told


@dataclass(frozen=True, slots=True)
class _Picked:
    """The chosen trades; ``rows`` are those of one series: row in the run, row here."""

    trades: pa.Table
    rows: Sequence[tuple[int, int]]
    formed: Mapping[tuple[str, str, int, int], int]

    def places(self, bars: Bars) -> Iterator[tuple[str, Place]]:
        """Strategy and place of each that lies on the bars."""
        names = ("symbol", "strategy", "side", "setup_number", "signal_at", "opened_at", "closed_at")
        columns = self.trades.select(names)
        for trade, at in self.rows:
            symbol, strategy, side, number = (columns[name][at].as_py() for name in names[:4])
            signal, opened, closed = (columns[name][at].value * 1000 for name in names[4:])
            decided = int(np.searchsorted(bars.ts_close, signal))
            if decided >= len(bars):
                continue
            formed = self.formed.get((symbol, strategy, -1 if number is None else number, signal))
            yield (
                strategy,
                Place(
                    trade,
                    decided,
                    bar_at(bars.ts, opened),
                    min(int(np.searchsorted(bars.ts_close, closed)), len(bars) - 1),
                    None if formed is None else bar_at(bars.ts, formed),
                    side,
                ),
            )


def bar_at(opens: Int64, instant: int) -> int:
    """The bar that holds an instant."""
    return max(0, int(np.searchsorted(opens, instant, side="right")) - 1)


def _formed(signals: pa.Table, picked: pa.Table) -> dict[tuple[str, str, int, int], int]:
    """Symbol, strategy, set-up and signal of each chosen trade = open of the bar where its pattern formed."""
    entries = signals.filter(pc.equal(signals["kind"], "enter"))
    own = entries.filter(pc.is_in(entries["signal_at"], value_set=picked["signal_at"].combine_chunks()))
    columns = own.select(["symbol", "strategy", "setup_number", "signal_at", "formed_at"])
    numbers = pc.fill_null(columns["setup_number"], -1).to_pylist()
    instants = [columns[name].cast(pa.int64()).to_pylist() for name in ("signal_at", "formed_at")]
    return {
        (symbol, strategy, number, signal * 1000): formed * 1000
        for symbol, strategy, number, signal, formed in zip(
            columns["symbol"].to_pylist(), columns["strategy"].to_pylist(), numbers, *instants, strict=True
        )
    }


def series_of(one: Document, timeframe: str, shop: Workshop) -> Series:
    """The bars that a run traded, as the store has them today.

    Args:
        one: the series in the run's document.
        timeframe: of the run.
        shop: where bars and instruments are.

    Raises:
        DataError: nothing is stored for it, or nothing in the span.
        UsageError: several sources have it and none is preferred.
    """
    now = now_ns()
    start, end = (parse_instant(one[name], now=now) for name in ("first", "last"))
    selection = Selection(parse_timeframe(timeframe), one["source"], start, end, shop.config.primary)
    return load_series(shop.store, shop.book, one["symbol"], selection)


def _on_series(
    document: Document, series: Series, picked: _Picked, shop: Workshop, doubts: list[str]
) -> list[TradeWindow]:
    config = shop.config
    if "detect" in document:
        config = msgspec.structs.replace(config, detect=msgspec.convert(document["detect"], DetectConfig))
    by_strategy: dict[str, list[Place]] = defaultdict(list)
    for strategy, place in picked.places(series.bars):
        by_strategy[strategy].append(place)
    names = numbered([one["name"] for one in document["strategies"]])
    shown = []
    for strategy, places in by_strategy.items():
        asked = document["strategies"][names.index(strategy)] if strategy in names else {}
        wiring, why = wiring_of(asked, series, config)
        if why:
            doubts.append(f"no zones of {strategy}: {why}")
        shown += windows_on(series.bars, places, series.key, wiring)
    return shown


def wiring_of(asked: Document, series: Series, config: Config) -> tuple[Wiring | None, str]:
    """The detectors of a strategy as it ran, or why they cannot be told."""
    name = str(asked.get("name", ""))
    if asked.get("source") or name not in STRATEGIES:
        return None, "it is no strategy of the package"
    strategy = STRATEGIES[name]
    if strategy.version != asked["version"]:
        return None, f"it ran in version {asked['version']}, and this is {strategy.version}"
    if not strategy.feeds:
        return None, "it listens to no detector"
    try:
        params = msgspec.convert(asked["params"], strategy.params)
        return wire(strategy, params, settings_of(series, config)), ""
    except (msgspec.ValidationError, IctError) as error:
        return None, str(error)


def windows_on(
    bars: Bars, places: Sequence[Place], key: SeriesKey | None = None, wiring: Wiring | None = None
) -> list[TradeWindow]:
    """The windows of some trades of one strategy on one series.

    Args:
        bars: all that the strategy saw, from the first.
        places: of the trades.
        key: of the series.
        wiring: detectors of the strategy; None draws the bars alone.
    """
    spans = {place.trade: _span(place, len(bars)) for place in places}
    moments = [
        Moment(place.trade, place.decided, spans[place.trade][0], place.formed, place.side)
        for place in sorted(places, key=lambda place: place.decided)
    ]
    found = {} if key is None or wiring is None else known_at(key, bars, wiring, moments)
    shown = []
    for place in places:
        first, stop = spans[place.trade]
        shown.append(
            TradeWindow(
                place.trade,
                bars.slice(first, stop),
                place.decided - first,
                place.opened - first,
                min(place.closed, stop - 1) - first,
                found.get(place.trade, ()),
            )
        )
    return shown


def _span(place: Place, size: int) -> tuple[int, int]:
    """First bar of a window and the one after its last."""
    begun = place.decided if place.formed is None else min(place.decided, place.formed + _BEFORE // 2)
    first = max(0, min(place.decided - _BEFORE // 2, begun - _BEFORE), place.decided - _EARLIEST)
    return first, min(size, place.closed + 1 + _AFTER, max(first + _WIDEST, place.opened + _AFTER))
