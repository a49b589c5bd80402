"""A MetaTrader 5 terminal as a source of bars and ticks."""

import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from ictcli.clock import iso, now_ns, parse_instant
from ictcli.config.records import Mt5Source
from ictcli.config.trading import BrokerConfig
from ictcli.errors import ConfigError, DataError, IctError, SourceUnavailable, UsageError
from ictcli.market.bars import SeriesKey
from ictcli.market.symbols import SymbolSpec
from ictcli.market.timeframes import TICK, Timeframe, parse_timeframe
from ictcli.sources.ingest import STAGING, Job, take_in
from ictcli.sources.quality import ClockReport, Delivery, SeriesReport
from ictcli.sources.reading import read_file
from ictcli.sources.series import is_whole, known_input, series_report
from ictcli.sources.source import Failure, Harvest, Request, Surroundings
from ictcli.sources.subject import canonical, subject_of
from ictcli.sources.terminal_reads import (
    BARS,
    TICKS,
    Patience,
    PatientReads,
    TerminalReader,
    TerminalRows,
    closed_before,
    code_of,
    told_apart,
)
from ictcli.terminals.opening import connect, open_terminal
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ClockCheck, ClockWatch, ServerClock

_NY_CLOSE = "ny+7"


Opener = Callable[[str, BrokerConfig, Mapping[str, str]], Terminal]
"""Opens the terminal that a broker's table names, given its name and the environment."""


@dataclass(frozen=True, slots=True)
class TerminalSource:
    """Bars or ticks of a terminal.

    Attributes:
        name: what the series are stored under.
        config: broker, symbols, timeframe, start.
        opener: opens the terminal.
        patience: how often reads are tried.
        now: our clock, nanoseconds UTC.
    """

    name: str
    config: Mt5Source
    opener: Opener = open_terminal
    patience: Patience = field(default_factory=Patience)
    now: Callable[[], int] = now_ns

    def fetch(self, request: Request, surroundings: Surroundings) -> Harvest:
        """Fetch what is asked for and not stored yet; one symbol's failure stops no other's.

        Raises:
            UsageError: no symbol or no broker is named, or the span is empty.
            ConfigError: the broker's table does not fit the terminal.
            SourceUnavailable: the terminal cannot be reached.
            DataError: a fresh quote contradicts the clock rule.
        """
        symbols = request.symbols or self.config.symbols
        if not symbols:
            raise UsageError(
                f"nothing says which symbols of {self.name!r} to fetch",
                hint="Name them: ictcli fetch EURUSD --source mt5, or set symbols in its table.",
            )
        broker, config = self._broker(surroundings.brokers)
        clock = ServerClock(config.server_tz)
        terminal = self.opener(broker, config, surroundings.environ)

        def again() -> None:
            connect(terminal, broker, config, surroundings.environ)

        try:
            again()
            random = np.random.default_rng(surroundings.now)
            reads = PatientReads(terminal, again, self.patience, random)
            visit = Visit(self, reads, clock, config.symbols, broker, request, surroundings)
            return visit.all(symbols)
        finally:
            with suppress(SourceUnavailable):  # what was read is stored, or an error is on its way
                terminal.shutdown()

    def _broker(self, brokers: Mapping[str, BrokerConfig]) -> tuple[str, BrokerConfig]:
        name = self.config.broker
        if name:
            if name not in brokers:
                raise ConfigError(
                    f"sources.{self.name}: there is no table brokers.{name}", hint="Add it, or name another."
                )
            return name, brokers[name]
        real = [each for each, config in brokers.items() if config.terminal != "simulated"]
        if len(real) != 1:
            known = f"brokers has {', '.join(real)}" if real else "brokers has no terminal"
            raise ConfigError(
                f"nothing says which terminal to fetch from: {known}",
                hint='Add [sources.NAME] with kind = "mt5" and broker = "...", and [brokers....] '
                "(docs/terminals.md).",
            )
        return real[0], brokers[real[0]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One connection to a terminal, and what is wanted of it.

    Attributes:
        source: for whom.
        reads: the terminal.
        clock: of its server.
        aliases: our name = the broker's.
        broker: name of its table.
        request: symbols, timeframe, span.
        around: store, symbols, callbacks.
    """

    source: TerminalSource
    reads: PatientReads
    clock: ServerClock
    aliases: Mapping[str, str]
    broker: str
    request: Request
    around: Surroundings

    def all(self, symbols: tuple[str, ...]) -> Harvest:
        """Fetch every symbol."""
        account = self.reads.read(f"brokers.{self.broker}", lambda terminal: terminal.account_info())
        frame = self._frame()
        harvest, chosen = Harvest(), []
        for symbol in symbols:
            try:
                chosen.append(self._chosen(symbol))
            except DataError as error:
                harvest.failures.append(Failure(self.source.name, symbol, error))
        if not chosen:
            return harvest
        confirmed = self._confirmed([theirs for _, _, theirs in chosen])
        self._warn_of_days(frame)
        for ours, spec, theirs in chosen:
            try:
                job = Wanted(ours, spec, theirs, frame, account.server, confirmed)
                harvest.reports.append(self._deliver(job))
            except SourceUnavailable as error:
                harvest.failures.append(Failure(self.source.name, ours, error))
                break
            except IctError as error:
                harvest.failures.append(Failure(self.source.name, ours, error))
        return harvest

    def _frame(self) -> Timeframe:
        if self.request.timeframe is not None:
            return self.request.timeframe
        name = self.source.config.timeframe
        return TICK if name == TICK.name else parse_timeframe(name)

    def _chosen(self, symbol: str) -> tuple[str, SymbolSpec | None, str]:
        """Our name of a symbol, its specification, and the broker's name, in the market watch."""
        ours, spec = canonical(symbol, self.around.book)
        wanted = self.aliases.get(ours) or self.aliases.get(symbol) or (symbol if spec is None else "")
        for theirs in (wanted,) if wanted else (ours, symbol):
            if self.reads.terminal.symbol_select(theirs, True):  # noqa: FBT003 - the module takes no keywords
                return ours, spec, theirs
        raise DataError(
            f"brokers.{self.broker} has no symbol {wanted or ours}",
            hint=f'Name it as the broker does: [brokers.{self.broker}.symbols] {ours} = "{ours}.r", say.',
        )

    def _confirmed(self, symbols: list[str]) -> str:
        """How the clock was seen to hold; empty where no quote is fresh.

        Raises:
            DataError: a fresh quote contradicts it.
        """
        watch, patience = ClockWatch(self.clock), self.reads.patience
        check = ClockCheck("unknown", None)
        for look in range(patience.looks):
            if look:
                time.sleep(patience.look)
            check = watch.look([self._quoted(symbol) for symbol in symbols], self.source.now())
            if check.state != "unknown":
                break
        if check.state == "contradicted" and not self.request.force:
            raise DataError(
                f"brokers.{self.broker}: {check.detail}",
                hint=f"Correct server_tz of brokers.{self.broker}, or pass --force.",
            )
        if check.residual is not None and check.confirmed:
            return f"a quote {abs(check.residual) / 1e9:.0f} s from our clock"
        self.around.note(f"brokers.{self.broker}: clock {self.clock.rule} not confirmed: {check.detail}")
        return ""

    def _quoted(self, symbol: str) -> int:
        tick = self.reads.terminal.symbol_info_tick(symbol)
        return 0 if tick is None else int(tick.time_msc)

    def _warn_of_days(self, frame: Timeframe) -> None:
        if not frame.intraday and self.clock.rule.name != _NY_CLOSE:
            self.around.warn(
                f"{frame} bars of {self.broker} are cut at its midnight ({self.clock.rule}), not at 17:00 "
                "New York: fetch M1 and let longer bars be made of it"
            )

    def _deliver(self, wanted: "Wanted") -> SeriesReport:
        around, frame, store = self.around, wanted.frame, self.around.store
        key = SeriesKey(self.source.name, wanted.ours, frame)
        title = f"{wanted.server} {wanted.theirs} {frame}"
        self._refuse_mixture(key, wanted.server)
        identity = hashlib.sha256(title.encode()).hexdigest()
        request, stored = self._span(wanted, key, title, identity)
        assert request.start is not None
        rows = self._rows(wanted, request.start, request.end)
        begin = min(request.start, self.clock.instant(rows.start))
        if not rows.beyond(-1 if stored is None else self.clock.shown(stored)):
            return self._nothing_new(key, title, wanted, stored)
        self._warn_of_holes(rows, wanted, begin, stored)
        request = replace(request, start=begin)
        reader = TerminalReader(title, TICKS if frame == TICK else BARS, rows)
        job = Job(
            reader, title, wanted.ours, self.source.name, request, around, identity,
            clock_given=True, given=frozenset({title}), confirmed=wanted.confirmed,
            continued=stored is not None,
        )  # fmt: skip
        digits = None if wanted.spec is None else wanted.spec.digits
        folder = store.state_dir / STAGING
        staging, stock = read_file(reader, folder, digits, around.config.chunk_rows, around.progress)
        with staging:
            subject = subject_of(self.source.name, wanted.ours, wanted.spec, frame, stock, around)
            return take_in(job, staging, stock, subject, self.clock.rule)

    def _span(
        self, wanted: "Wanted", key: SeriesKey, title: str, identity: str
    ) -> tuple[Request, int | None]:
        """What to ask for, and the last stored row that it goes on from; None to begin anew.

        What is stored of a terminal has no hole that a choice of spans made: it grows at its end, or is
        fetched again from an earlier start when the terminal has rows there.
        """
        around, request = self.around, self.request
        start = parse_instant(self.source.config.start, now=around.now)
        start = start if request.start is None else request.start
        known = known_input(around.store, self.source.name, identity)
        if known is None or known[1].ts_min is None or known[1].ts_max is None:
            return replace(request, start=start), None
        first, last = known[1].ts_min, known[1].ts_max
        whole = is_whole(around.store, key, (title,))
        if whole and not (start < first and self._rows(wanted, start, first).beyond(-1)):
            return replace(request, start=last), last
        end = None if request.end is None else max(request.end, last + 1)
        return replace(request, start=min(start, first), end=end), None

    def _rows(self, wanted: "Wanted", begin: int, end: int | None) -> TerminalRows:
        """The rows from an instant on, up to the last closed bar or the end."""
        now = self.source.now()
        stop = closed_before(self.reads, wanted.theirs, wanted.frame, self.clock.shown(now))
        if self.clock.twice(self.clock.shown(now)):
            stop = min(stop, told_apart(self.clock, now))
        if end is not None:
            stop = min(stop, told_apart(self.clock, end))
        start = told_apart(self.clock, begin)
        return TerminalRows(self.reads, wanted.theirs, wanted.frame, start, stop, self.clock)

    def _nothing_new(self, key: SeriesKey, title: str, wanted: "Wanted", stored: int | None) -> SeriesReport:
        if stored is None:
            raise DataError(
                f"{title}: the terminal has no {'ticks' if wanted.frame == TICK else 'closed bars'}",
                hint="Take another span, or open a chart of the symbol there once so that it loads them.",
            )
        clock = ClockReport(str(self.clock.rule), "known")
        return series_report(self.around.store, key, Delivery(title, "mt5", 0, clock, up_to_date=True), None)

    def _refuse_mixture(self, key: SeriesKey, server: str) -> None:
        manifest = self.around.store.manifest(key)
        formats = (BARS.name, TICKS.name)
        for record in () if manifest is None else manifest.inputs:
            own = record.format in formats and record.name.startswith(f"{server} ")
            if not own and not self.request.force:
                raise DataError(
                    f"{key} holds {record.name}, not data of {server}",
                    hint="Store it under another --label, or pass --force to mix them.",
                )

    def _warn_of_holes(self, rows: TerminalRows, wanted: "Wanted", begin: int, stored: int | None) -> None:
        """Say when the terminal has less than it was asked for because it keeps only so many bars."""
        if rows.first is None or rows.first <= self.clock.shown(begin):
            return
        first = iso(self.clock.instant(rows.first))
        if stored is not None:
            self.around.warn(
                f"{wanted.theirs} {wanted.frame}: nothing between the stored data, which ends at "
                f"{iso(stored)}, and {first}: the terminal no longer has it"
            )
        if wanted.frame == TICK:
            return
        info = self.reads.read("terminal_info", lambda terminal: terminal.terminal_info())
        code, last = code_of(wanted.frame), max(int(info.maxbars) - 1, 0)
        full = self.reads.read(
            f"{wanted.theirs} {wanted.frame}",
            lambda terminal: terminal.copy_rates_from_pos(wanted.theirs, code, last, 1),
        )
        if len(full):
            self.around.warn(
                f"{wanted.theirs} {wanted.frame}: begins at {first}, because the terminal keeps "
                f"{int(info.maxbars):,} bars: raise Tools > Options > Charts > Max. bars in chart"
            )


@dataclass(frozen=True, slots=True)
class Wanted:
    """One symbol of a visit.

    Attributes:
        ours: canonical name.
        spec: its specification; None when it is unknown.
        theirs: the broker's name.
        frame: bar length, or ``TICK``.
        server: name of the trade server.
        confirmed: how its clock was seen to hold; empty when it was not.
    """

    ours: str
    spec: SymbolSpec | None
    theirs: str
    frame: Timeframe
    server: str
    confirmed: str
