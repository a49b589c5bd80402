"""Which stored series ``ictcli detect`` looks at, and with which second symbol."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ictcli.detectors.journal import Subject, bars_in_common
from ictcli.errors import UsageError
from ictcli.market.bars import SeriesKey
from ictcli.market.calendars import Calendar, calendar
from ictcli.market.symbols import stanza
from ictcli.market.timeframes import Timeframe
from ictcli.session import Session
from ictcli.store.selection import Selection, choose, stored_symbols

_NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line says about series.

    Attributes:
        timeframe: wanted.
        source: of the bars; None for each symbol's primary one.
        other: ``--with``: second symbol, ``none``, or None for the one of last time.
        kept: whether the second symbol will be remembered, because the log is written.
    """

    timeframe: Timeframe
    source: str | None
    other: str | None
    kept: bool


def subjects_of(session: Session, symbols: tuple[str, ...], choice: Choice) -> list[Subject]:
    """The stored series behind every symbol, all of them known before the first is looked at.

    Says which second symbol counts where that is not plain from the command line.

    Raises:
        DataError: a symbol is not stored.
        UsageError: a symbol is to be compared with itself.
    """
    return list(_subjects(session, symbols or stored_symbols(session.store, choice.source), choice))


def _subjects(session: Session, symbols: tuple[str, ...] | list[str], choice: Choice) -> Iterator[Subject]:
    for symbol in symbols:
        stored, hours = _series(session, symbol, choice.timeframe, choice.source)
        alone = Subject(stored, choice.timeframe, hours)
        subject = _paired(session, alone, choice)
        if (
            choice.other is not None
            and subject.other is not None
            and not bars_in_common(session.store, subject)
        ):
            session.out.warn(
                f"{subject.key} and {subject.other_name} have 0 bars in common: there is nothing to compare"
            )
        yield subject


def _series(
    session: Session, symbol: str, timeframe: Timeframe, source: str | None
) -> tuple[SeriesKey, Calendar]:
    """The stored series that gives bars of a symbol, and the symbol's trading hours."""
    selection = Selection(timeframe, source, None, None, session.config.config.primary)
    known = stored_symbols(session.store, source)
    spec = session.book.resolve(symbol)
    stored = choose(session.store, symbol if symbol in known or spec is None else spec.name, selection)
    if spec is None:
        manifest = session.store.manifest(stored)
        session.out.warn(
            f"{symbol} has no specification; FX hours are assumed. Add to config/symbols.toml:\n"
            + stanza(symbol, manifest.digits if manifest else 0)
        )
    return stored, calendar(spec.calendar if spec else "fx")


def _paired(session: Session, subject: Subject, choice: Choice) -> Subject:
    """The subject with its second series: the one asked for, else the one of the kept log."""
    manifest = session.store.part_log("detections", subject.key).manifest()
    before = manifest.other if manifest else ""
    source, other = choice.source, choice.other
    if other is None:
        source, _, other = before.partition("/")
    paired = subject
    if other not in {"", _NOBODY}:
        stored, hours = _series(session, other, subject.timeframe, source or None)
        if stored.symbol == subject.stored.symbol:
            raise UsageError(f"--with {other} is the symbol itself", hint="Choose one that moves with it.")
        paired = replace(subject, other=stored, other_calendar=hours)
    if said := _pairing(before, paired.other_name, choice):
        session.out.note(f"{subject.key}: {said}")
    return paired


def _pairing(before: str, now: str, choice: Choice) -> str:
    """What to say of the second symbol of last time and of now; empty for nothing."""
    if choice.other is None:
        return f"compared with {now} as last time; --with none ends that" if now else ""
    if before == now:
        return ""
    if not now:
        return f"no longer compared with {before}" if choice.kept else f"not compared with {before} this time"
    instead = f" instead of {before}" if before else ""
    lasting = "kept until another --with, or --with none" if choice.kept else "this time only"
    return f"compared with {now}{instead}; {lasting}"
