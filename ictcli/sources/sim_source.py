"""The simulated market as a source."""

from collections.abc import Iterable
from dataclasses import dataclass

from ictcli.clock import NS_PER_MINUTE, iso, parse_instant
from ictcli.config.records import SimSource
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import Int64, SeriesKey
from ictcli.market.calendars import calendar
from ictcli.market.gaps import Gap, find_gaps
from ictcli.market.timeframes import TICK, Timeframe, parse_timeframe
from ictcli.sources.quality import ClockReport, Delivery, SeriesReport
from ictcli.sources.series import is_whole, known_input, restored, series_report
from ictcli.sources.sim.market import SimMarket
from ictcli.sources.source import Harvest, Request, Surroundings
from ictcli.store.columns import Rows
from ictcli.store.records import InputRecord


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """Bars or ticks of the simulated market.

    A market is its seed, its edge, its origin (the configured start) and its symbols' specifications. What
    is asked for only chooses the part of it to store.

    Attributes:
        name: what the series are stored under.
        config: symbols, origin, end, seed and edge.
    """

    name: str
    config: SimSource

    def fetch(self, request: Request, surroundings: Surroundings) -> Harvest:
        """Simulate what is asked for and store it; what is stored already is left alone.

        Raises:
            ConfigError: a symbol has no specification.
            UsageError: the span is empty, or begins before the market does.
            DataError: a series holds another market already.
        """
        book = surroundings.book
        symbols = tuple(book.require(symbol).name for symbol in request.symbols or self.config.symbols)
        start = parse_instant(self.config.start, now=surroundings.now)
        end = parse_instant(self.config.end, now=surroundings.now)
        first = start if request.start is None else request.start
        last = end if request.end is None else request.end
        if first >= last:
            raise UsageError(
                f"nothing lies between {iso(first)} and {iso(last)}", hint="--end must come after --start."
            )
        frame = request.timeframe or parse_timeframe(self.config.timeframe)
        if first < start:
            raise UsageError(
                f"the simulated market {self.name!r} begins at {iso(start)}, after {iso(first)}",
                hint=f'Set its origin in config/ictcli.toml: [sources.{self.name}] kind = "sim", '
                f'start = "{iso(first)[:10]}". Another origin is another market: choose a new --label.',
            )
        market = SimMarket(book, symbols, self.config.seed, self.config.edge, start)
        for symbol in symbols:
            self._refuse_mixture(SeriesKey(self.name, symbol, frame), market, request, surroundings)
        reports = [self._deliver(market, symbol, frame, first, last, surroundings) for symbol in symbols]
        return Harvest(reports)

    def _title(self, market: SimMarket) -> str:
        return f"sim seed={self.config.seed} edge={self.config.edge:g} from {iso(market.start)[:16]}Z"

    def _refuse_mixture(
        self, key: SeriesKey, market: SimMarket, request: Request, around: Surroundings
    ) -> None:
        manifest = around.store.manifest(key)
        others = (
            []
            if manifest is None
            else [
                record.name
                for record in manifest.inputs
                if not record.name.startswith(self._title(market) + " ")
            ]
        )
        if others and not request.force:
            raise DataError(
                f"{key} holds something else than {self._title(market)}: {others[0]}",
                hint="Store it under another --label, or pass --force to mix them.",
            )

    def _joined(self, key: SeriesKey, start: int, end: int, around: Surroundings) -> tuple[int, int]:
        """The span, widened to the stored bars next to it: a bar across the border is in neither span."""
        manifest = around.store.manifest(key)
        first, last = start, end
        for record in () if manifest is None else manifest.inputs:
            if record.format != "sim" or record.ts_min is None or record.ts_max is None:
                continue
            begin, stop = (parse_instant(text, now=0) for text in record.name.rsplit(" ", 1)[1].split("/"))
            if begin <= start <= stop:
                first = min(first, record.ts_max)
            if begin <= end <= stop:
                last = max(last, record.ts_min)
        return first, last

    def _deliver(
        self, market: SimMarket, symbol: str, frame: Timeframe, start: int, end: int, around: Surroundings
    ) -> SeriesReport:
        key = SeriesKey(self.name, symbol, frame)
        request = f"{self._title(market)} {symbol} {frame} {iso(start)}/{iso(end)}"
        clock = ClockReport("utc", "simulated")
        known = known_input(around.store, self.name, request)
        if known is not None and known[0].key == key and is_whole(around.store, key, (request,)):
            delivery = Delivery(request, "sim", known[1].rows, clock, up_to_date=True)
            return series_report(around.store, key, delivery, None)
        cal = calendar(around.book.require(symbol).calendar)

        def gaps(ts: Int64, ts_close: Int64) -> list[Gap]:
            return find_gaps(ts, ts_close, frame, cal)

        parts: Iterable[Rows] = (
            market.ticks(symbol, start, end)
            if frame == TICK
            else market.bars(symbol, frame, *self._joined(key, start, end, around), around.config.chunk_rows)
        )
        with around.store.writer(key, around.provenance, now=around.now, given=(request,)) as writer:
            rows, first, last = 0, None, None
            for part in parts:
                writer.add(part)
                rows += len(part)
                first = int(part.ts[0]) if first is None else first
                last = int(part.ts[-1])
                done, whole = max(last - start, 0) // NS_PER_MINUTE, (end - start) // NS_PER_MINUTE
                around.progress(f"simulating {symbol}", done, whole)
            writer.record_input(
                InputRecord(
                    name=request,
                    sha256=request,
                    rows=rows,
                    quarantined=0,
                    clock="utc",
                    format="sim",
                    ts_min=first,
                    ts_max=last,
                )
            )
            result = writer.commit(gaps)
        if writer.restoring:
            around.note(restored(key, writer.restoring))
        return series_report(around.store, key, Delivery(request, "sim", rows, clock), result)
