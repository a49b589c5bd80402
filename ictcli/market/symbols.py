"""What an instrument is: digits, contract, volumes, currencies, trading calendar."""

import difflib
import re
import tomllib
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ictcli.config.toml import read_toml
from ictcli.config.wording import refused
from ictcli.errors import ConfigError
from ictcli.plain_file import is_there

AssetClass = Literal["fx", "metal", "energy", "index", "crypto", "future"]
CalendarName = Literal["fx", "metal", "index", "crypto", "cme"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday")

_FUTURE_CODE = re.compile(r"(?P<root>.+?)(?P<month>[FGHJKMNQUVXZ])(?P<year>\d{1,2})")
_LARGEST = Decimal("1e12")
"""Sizes, volumes and fees end here, sizes and volumes also at its inverse, so that exact sums stay short."""
_MOST_SWAP = Decimal("1e6")


class SymbolSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One instrument as a broker specifies it.

    Attributes:
        digits: decimal digits of the price; one point is ``10**-digits``.
        tick_size: smallest price change, a multiple of the point.
        contract_size: units of the underlying in one lot (or one contract).
        base: currency or asset that one unit of price prices.
        quote: currency in which profit arises.
        volume_min, volume_max, volume_step: lots.
        spread: typical spread in points, used where the data has none.
        commission: per lot and side, in the quote currency.
        fee: exchange and clearing fees per lot and side, in the quote currency.
        margin: share of the notional value that a position binds; 1 for no leverage.
        swap_long, swap_short: points that a position earns per night, negative when it pays; 0 where the
            broker's is not known. Charged at 17:00 New York.
        swap_triple: the day at whose end three nights are charged, where markets keep a week.
        stops_level: points that orders, stops and targets keep from the market.
        freeze_level: points from the market within which nothing can be changed.
        calendar: which trading hours and holidays apply (see ``market.calendars``).
        aliases: names brokers use for the same instrument.
    """

    name: str
    asset: AssetClass
    digits: Annotated[int, Meta(ge=0, le=8)]
    tick_size: Decimal
    contract_size: Decimal
    base: str
    quote: str
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    spread: Annotated[int, Meta(ge=0, le=1_000_000)]
    commission: Decimal
    calendar: CalendarName
    fee: Decimal = Decimal(0)
    margin: Decimal = Decimal(1)
    swap_long: Decimal = Decimal(0)
    swap_short: Decimal = Decimal(0)
    swap_triple: Weekday = "wednesday"
    stops_level: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    freeze_level: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for key in ("tick_size", "contract_size", "volume_min", "volume_max", "volume_step"):
            value: Decimal = getattr(self, key)
            if not (value.is_finite() and value > 0):
                raise ValueError(f"{key} must be above 0")
            if not 1 / _LARGEST <= value <= _LARGEST:
                raise ValueError(f"{key} must be from 1e-12 to 1e12")
        if self.tick_size % self.point:
            raise ValueError(f"tick_size must be a multiple of the point, {self.point:f}")
        if self.volume_min > self.volume_max:
            raise ValueError("volume_min must not exceed volume_max")
        self._check_costs()

    def _check_costs(self) -> None:
        for key in ("commission", "fee"):
            value: Decimal = getattr(self, key)
            if not (value.is_finite() and 0 <= value <= _LARGEST):
                raise ValueError(f"{key} must not be negative, nor above 1e12")
        if not (self.margin.is_finite() and 0 < self.margin <= 1):
            raise ValueError("margin must be above 0 and at most 1")
        for key in ("swap_long", "swap_short"):
            value = getattr(self, key)
            if not (value.is_finite() and abs(value) <= _MOST_SWAP):
                raise ValueError(f"{key} must be from -1e6 to 1e6 points")

    @property
    def point(self) -> Decimal:
        """The price of one point."""
        return Decimal(1).scaleb(-self.digits)

    @property
    def tick_value(self) -> Decimal:
        """What one tick on one lot is worth, in the quote currency."""
        return self.tick_size * self.contract_size


class SymbolBook:
    """All known instruments, looked up by name, alias, broker suffix or futures code."""

    def __init__(self, specs: dict[str, SymbolSpec], suffixes: tuple[str, ...]) -> None:
        self._specs = dict(sorted(specs.items()))
        self._suffixes = tuple(sorted(suffixes, key=len, reverse=True))
        self._by_alias = {
            alias.upper(): spec for spec in self._specs.values() for alias in (spec.name, *spec.aliases)
        }

    @property
    def names(self) -> list[str]:
        """Canonical names, sorted."""
        return list(self._specs)

    def resolve(self, name: str) -> SymbolSpec | None:
        """The specification behind a broker's ``name``; None when nothing fits.

        A futures code such as ``6EH4`` takes its root's specification and keeps its own name.
        """
        for candidate in self._without_suffix(name.upper()):
            if spec := self._by_alias.get(candidate):
                return spec
            if spec := self._contract(candidate):
                return spec
        return None

    def require(self, name: str) -> SymbolSpec:
        """Like ``resolve``, for anything that cannot do without.

        Raises:
            ConfigError: the symbol is not specified.
        """
        spec = self.resolve(name)
        if spec is None:
            near = difflib.get_close_matches(name.upper(), self._by_alias, n=1)
            suggestion = f"Did you mean {self._by_alias[near[0]].name}? " if near else ""
            raise ConfigError(
                f"symbol {name!r} has no specification (digits, contract size, costs, calendar)",
                hint=suggestion + f"Add [{name}] to config/symbols.toml, which shows a complete example.",
            )
        return spec

    def _without_suffix(self, name: str) -> list[str]:
        cut = [name[: -len(s)] for s in self._suffixes if name.endswith(s.upper()) and len(name) > len(s)]
        return [name, *cut]

    def _contract(self, name: str) -> SymbolSpec | None:
        match = _FUTURE_CODE.fullmatch(name)
        root = self._by_alias.get(match["root"]) if match else None
        if root is None or root.asset != "future":
            return None
        return msgspec.structs.replace(root, name=name, aliases=())


_NAME = re.compile(r"[A-Za-z0-9#$^!_\[](?:[A-Za-z0-9#$^!&_\[\]().,+ -]{0,62}[A-Za-z0-9#$^!&_\])+-])?")
"""No separator of paths, nothing that a spreadsheet takes for a formula or a terminal for a command."""


def load_symbols(overrides: Path | None) -> SymbolBook:
    """The built-in instruments, with the tables of ``overrides`` (``config/symbols.toml``) laid over them.

    A table named after a known symbol changes only the keys it gives; a new name must be complete.

    Raises:
        ConfigError: the file does not parse, a key is unknown, or a value does not fit.
    """
    tables = tomllib.loads(
        files("ictcli.market").joinpath("symbols.toml").read_text(encoding="utf-8"), parse_float=Decimal
    )
    if overrides is not None and is_there(overrides):
        _overlay(tables, read_toml(overrides), overrides)
    suffixes = tuple(tables.pop("suffixes"))
    specs = {name: _build(name, table, overrides) for name, table in tables.items()}
    return SymbolBook(specs, suffixes)


def stanza(name: str, digits: int) -> str:
    """A ``symbols.toml`` table to start from for a symbol that only its data describes."""
    point = Decimal(1).scaleb(-digits)
    return (
        f'[{name}]\nasset = "fx"\ndigits = {digits}\ntick_size = "{point:f}"\ncontract_size = "100000"\n'
        f'base = "{name[:3]}"\nquote = "{name[3:6]}"\nvolume_min = "0.01"\nvolume_max = "100"\n'
        'volume_step = "0.01"\nspread = 0\ncommission = "0"\nmargin = "0.05"\ncalendar = "fx"\n'
    )


def _overlay(tables: dict[str, Any], extra: dict[str, Any], path: Path) -> None:
    for name, table in extra.items():
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"{path}: {name[:40]!r} is no name for a symbol: it becomes a folder and a column",
                hint="Use letters, digits and # $ ^ ! & _ [ ] ( ) . , + - inside; others go to aliases.",
            )
        if name == "suffixes":
            if not isinstance(table, list) or not all(isinstance(item, str) for item in table):
                raise ConfigError(f"{path}: suffixes must be a list of strings")
            tables[name] = [*tables[name], *table]
        elif isinstance(table, dict):
            tables[name] = {**tables.get(name, {}), **table}
        else:
            raise ConfigError(f"{path}: {name!r} must be a table", hint=f"Write [{name}] and its keys below.")


def _build(name: str, table: dict[str, Any], path: Path | None) -> SymbolSpec:
    known = msgspec.structs.fields(SymbolSpec)
    for key in table:
        if key not in {field.name for field in known}:
            near = difflib.get_close_matches(key, [field.name for field in known], n=1)
            hint = f"Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"{path}: [{name}] has an unknown key {key!r}", hint=hint)
    try:
        return msgspec.convert({"name": name, **table}, SymbolSpec)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: [{name}]: {refused(error, SymbolSpec, table)}") from error
