"""Which series a price file belongs to: symbol, timeframe, digits, trading hours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ictcli.errors import DataError, UsageError
from ictcli.market.bars import SeriesKey
from ictcli.market.calendars import Calendar, calendar
from ictcli.market.symbols import SymbolBook, SymbolSpec, stanza
from ictcli.market.timeframes import TICK, TIMEFRAMES, Timeframe
from ictcli.market.validation.check import Limits
from ictcli.sources.files.reader import FileReader
from ictcli.sources.reading import Stock
from ictcli.sources.source import Request, Surroundings

_CRYPTO_WEEKEND = 0.1
_FEW_ROWS = 10
_FINER = 2
"""Digits beyond the specified ones from which the symbol itself is in doubt."""
_MONTHS = "FGHJKMNQUVXZ"
_ROOT_AND_MONTH = re.compile(r"(?P<root>\w+)_20(?P<year>\d\d)(?P<month>0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What was said about a file; empty strings leave it to the file.

    Attributes:
        symbol: its symbol.
        format: importer.
        source_tz: clock rule of its stamps.
        columns: our column name = theirs.
    """

    symbol: str = ""
    format: str = ""
    source_tz: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a file turned out to be.

    Attributes:
        key: the series it belongs to.
        cal: trading hours of its symbol.
        limits: what its rows are judged against.
        written: decimal digits that it writes prices with.
    """

    key: SeriesKey
    cal: Calendar
    limits: Limits
    written: int


def symbol_of(
    reader: FileReader, options: FileOptions, request: Request, book: SymbolBook
) -> tuple[str, SymbolSpec | None]:
    """Canonical name and specification of a file's symbol; no specification when it is unknown.

    What was said of the file counts first, then a single symbol asked for, then the file name.

    Raises:
        UsageError: nothing tells the symbol.
        DataError: the file name names another known symbol than the one asked for.
    """
    hinted = reader.symbol_hint or ""
    asked = request.symbols[0] if len(request.symbols) == 1 else ""
    name = options.symbol or asked or hinted
    if not name:
        raise UsageError(
            f"the name of {reader.path.name} does not tell its symbol",
            hint="Name the symbol: ictcli fetch SYMBOL --source file --path FILE.",
        )
    name, spec = canonical(name, book)
    other = canonical(hinted, book)[1] if hinted and not options.symbol else None
    if other is not None and spec is not None and other.name != spec.name and not request.force:
        raise DataError(
            f"the name of {reader.path.name} says {other.name}, not {spec.name}",
            hint="Name the right symbol, or pass --force.",
        )
    return name, spec


def canonical(name: str, book: SymbolBook) -> tuple[str, SymbolSpec | None]:
    """Canonical name and specification of a broker's ``name``; upper case and None when it is unknown.

    A contract written as root and month, such as LEAN's ``ES_201312``, is its exchange code, ``ESZ13``.
    """
    contract = _ROOT_AND_MONTH.fullmatch(name)
    if contract is not None:
        name = f"{contract['root']}{_MONTHS[int(contract['month']) - 1]}{contract['year']}"
    spec = book.resolve(name)
    return (spec.name if spec else name.upper()), spec


def timeframe_of(reader: FileReader, stock: Stock, request: Request, around: Surroundings) -> Timeframe:
    """The file's timeframe: measured from its stamps and compared with what was said of it.

    Raises:
        UsageError: bars were asked of a file of ticks, or nothing tells the timeframe.
        DataError: the stamps contradict what was said, or fit no timeframe.
    """
    said = request.timeframe
    if reader.format.kind == "ticks":
        if said is not None and said != TICK:
            raise UsageError(
                f"{reader.path.name} holds ticks, not {said} bars",
                hint="Leave --timeframe out; bars of any timeframe are made from stored ticks.",
            )
        return TICK
    measured = stock.ordered.timeframe()
    hinted = TIMEFRAMES.get(reader.timeframe_hint or "")
    if said is not None and (measured == said or _sparse(stock, said) or request.force):
        return said
    if said is not None:
        raise DataError(
            f"the rows of {reader.path.name} are {_apart(stock)}, so they are not {said} bars",
            hint="Leave --timeframe out, or pass --force to insist.",
        )
    if hinted is not None and _sparse(stock, hinted):
        return hinted
    if measured is None:
        if hinted is None or stock.rows >= _FEW_ROWS:
            raise DataError(
                f"the rows of {reader.path.name} are {_apart(stock)}, which is no timeframe",
                hint="Pass --timeframe if you know better.",
            )
        return hinted
    if hinted is not None and hinted != measured:
        around.warn(f"{reader.path.name}: named {hinted}, but its rows are {measured} bars")
    return measured


def subject_of(
    label: str, name: str, spec: SymbolSpec | None, frame: Timeframe, stock: Stock, around: Surroundings
) -> Subject:
    """Series, hours and limits; warns about an unknown symbol with the stanza that would make it known."""
    digits = stock.digits.digits
    if spec is None:
        around.warn(
            f"symbol {name} is unknown; {digits} digits were inferred from the data. To use it for more than "
            f"looking at, add this to config/symbols.toml and correct it:\n{stanza(name, digits)}"
        )
    elif (needed := stock.digits.written) is not None and needed - spec.digits >= _FINER:
        around.warn(f"the prices have {needed} digits where {name} has {spec.digits}: is this really {name}?")
    limits = Limits(frame.ns, digits, stock.digits.error, around.config.max_jump)
    written = stock.digits.written
    return Subject(
        SeriesKey(label, name, frame), _calendar(spec, stock), limits, digits if written is None else written
    )


def _calendar(spec: SymbolSpec | None, stock: Stock) -> Calendar:
    if spec is not None:
        return calendar(spec.calendar)
    return calendar("crypto" if stock.weekend > _CRYPTO_WEEKEND * stock.stamps.rows else "fx")


def _sparse(stock: Stock, frame: Timeframe) -> bool:
    """Whether the rows can be ``frame`` bars of which most are absent, or are too few to tell."""
    return stock.rows < _FEW_ROWS or stock.ordered.shortest_step == frame.ns


def _apart(stock: Stock) -> str:
    step = stock.ordered.usual_step
    return "too few to measure" if step is None else f"mostly {step / 60e9:g} minutes apart"
