"""What the simulated market assumes of each instrument: volatility, start price, shared factors.

A symbol's return is a weighted sum of up to three shared factors and one of its own; the squares of the
weights add up to 1. Currencies are factors, so EURUSD and GBPUSD move together through the dollar and
EURGBP through neither. Futures and stablecoin pairs move as the instrument they follow.
"""

import math
from dataclasses import dataclass, replace

from ictcli.market.symbols import SymbolSpec
from ictcli.sources.sim.daytime import Rhythm

FALLBACK_PRICE = 100.0
"""Start price of an instrument this module does not know."""
_LEAST_TICKS = 10_000.0
"""No instrument starts nearer to zero than this many ticks."""

_DOLLARS = {
    "USD": 1.0,
    "EUR": 1.09,
    "GBP": 1.27,
    "AUD": 0.66,
    "NZD": 0.61,
    "CAD": 0.735,
    "CHF": 1.13,
    "JPY": 0.0067,
    "SGD": 0.745,
    "NOK": 0.094,
    "SEK": 0.095,
    "MXN": 0.055,
    "ZAR": 0.054,
    "CNH": 0.139,
    "PLN": 0.25,
    "BTC": 60_000.0,
    "ETH": 2_600.0,
    "SOL": 145.0,
    "XRP": 0.55,
    "LTC": 70.0,
    "ADA": 0.40,
    "XAU": 2_400.0,
    "XAG": 29.0,
    "OIL": 78.0,
}
_PRICES = {
    "US30": 39_000.0,
    "US100": 18_500.0,
    "US500": 5_300.0,
    "US2000": 2_050.0,
    "GER40": 18_300.0,
    "UK100": 8_150.0,
    "JP225": 38_500.0,
    "EU50": 4_900.0,
}
_SAME_AS = {
    "ES": "US500",
    "MES": "US500",
    "NQ": "US100",
    "MNQ": "US100",
    "YM": "US30",
    "RTY": "US2000",
    "GC": "XAUUSD",
    "SI": "XAGUSD",
    "CL": "USOIL",
    "6E": "EURUSD",
    "6B": "GBPUSD",
    "6J": "USDJPY",
}
_RISK = {"AUD": 0.30, "NZD": 0.30, "CAD": 0.15, "NOK": 0.25, "SEK": 0.20, "MXN": 0.35, "ZAR": 0.35}
_HAVEN = {"JPY": -0.25, "CHF": -0.20, "USD": -0.05}
_CURRENCY_VOLATILITY = {
    "JPY": 0.095,
    "AUD": 0.10,
    "NZD": 0.10,
    "NOK": 0.11,
    "SEK": 0.11,
    "MXN": 0.13,
    "ZAR": 0.16,
    "CNH": 0.045,
    "SGD": 0.05,
}
_VOLATILITY = {
    "XAUUSD": 0.18,
    "XAGUSD": 0.30,
    "US30": 0.15,
    "US100": 0.21,
    "US500": 0.17,
    "US2000": 0.23,
    "GER40": 0.17,
    "UK100": 0.13,
    "JP225": 0.24,
    "EU50": 0.17,
    "BTC": 0.50,
    "ETH": 0.68,
    "SOL": 0.85,
    "XRP": 0.80,
    "LTC": 0.75,
    "ADA": 0.85,
}
_BY_ASSET = {"fx": 0.076, "metal": 0.20, "energy": 0.34, "index": 0.18, "crypto": 0.80, "future": 0.20}
_TICKS_PER_MINUTE = {
    "fx": 60.0,
    "metal": 130.0,
    "energy": 80.0,
    "index": 120.0,
    "crypto": 150.0,
    "future": 150.0,
}
_REGION = {"GER40": "europe", "UK100": "europe", "EU50": "europe", "JP225": "japan"}


@dataclass(frozen=True, slots=True)
class Instrument:
    """The simulated market's view of one symbol.

    Attributes:
        root: whose own shocks and planted episodes it shares; its own name unless it follows another.
        price: start price.
        volatility: annualised standard deviation of returns.
        rhythm: which intraday pattern.
        factors: up to three shared factors and their weights.
        own: weight of the root's own factor.
        news: how strongly scheduled news moves it, 1 for a dollar pair.
        ticks: mean ticks per minute.
    """

    root: str
    price: float
    volatility: float
    rhythm: Rhythm
    factors: tuple[tuple[str, float], ...]
    own: float
    news: float
    ticks: float


def instrument(spec: SymbolSpec) -> Instrument:
    """The assumptions for one symbol; anything unknown follows its asset class and starts near 100."""
    root = _root(spec)
    if root == "USDJPY" and spec.asset == "future":
        return _mirrored(_with_price(_currency_pair("USD", "JPY", spec), spec, _DOLLARS["JPY"]))
    found = _assumptions(root, spec)
    return _with_price(found, spec, found.price)


def _root(spec: SymbolSpec) -> str:
    if spec.asset == "future":
        return _SAME_AS.get(spec.name, _SAME_AS.get(spec.base, spec.name))
    if spec.asset == "crypto" and spec.quote in {"USDT", "USDC"}:
        return spec.base + "USD"
    return spec.name


def _assumptions(root: str, spec: SymbolSpec) -> Instrument:
    if spec.asset == "crypto":
        return _crypto(root, spec)
    if root in {"XAUUSD", "XAGUSD"} or spec.asset == "metal":
        return _metal(root, spec)
    if root in _PRICES or spec.asset == "index":
        return _index(root, spec)
    if spec.asset == "energy" or root == "USOIL":
        factors = (("energy", 0.92), ("risk", 0.22), ("USD", -0.15))
        return _balanced(root, _DOLLARS["OIL"], _BY_ASSET["energy"], "metal", factors, 0.6, spec)
    if len(root) == 6 and (spec.asset == "fx" or root in {"EURUSD", "GBPUSD"}):
        return _currency_pair(root[:3], root[3:], spec)
    return _balanced(root, FALLBACK_PRICE, _BY_ASSET[spec.asset], "europe", (), 0.5, spec)


def _currency_pair(base: str, quote: str, spec: SymbolSpec) -> Instrument:
    risk = _risk(base) - _risk(quote)
    factors = ((base, 0.66), (quote, -0.66), ("risk", risk))
    volatility = max(_CURRENCY_VOLATILITY.get(name, _BY_ASSET["fx"]) for name in (base, quote))
    asian = {"JPY", "AUD", "NZD", "SGD", "CNH"} & {base, quote}
    price = FALLBACK_PRICE
    if base in _DOLLARS and quote in _DOLLARS:
        price = _DOLLARS[base] / _DOLLARS[quote]
    dollar = 1.0 if "USD" in {base, quote} else 0.5
    return _balanced(base + quote, price, volatility, "asia" if asian else "europe", factors, dollar, spec)


def _risk(currency: str) -> float:
    return _RISK.get(currency, _HAVEN.get(currency, 0.0))


def _metal(root: str, spec: SymbolSpec) -> Instrument:
    base = root[:3]
    factors = (("precious", 0.78), ("USD", -0.42), ("risk", 0.10 if base == "XAG" else -0.08))
    volatility = _VOLATILITY.get(root, _BY_ASSET["metal"])
    return _balanced(root, _DOLLARS.get(base, FALLBACK_PRICE), volatility, "metal", factors, 1.0, spec)


def _index(root: str, spec: SymbolSpec) -> Instrument:
    factors = (("risk", 0.86), (_REGION.get(root, "america"), 0.38))
    volatility = _VOLATILITY.get(root, _BY_ASSET["index"])
    return _balanced(root, _PRICES.get(root, FALLBACK_PRICE), volatility, "index", factors, 0.7, spec)


def _crypto(root: str, spec: SymbolSpec) -> Instrument:
    base, quote = spec.base, spec.quote
    in_bitcoin = quote == "BTC"
    factors = (("crypto", 0.25),) if in_bitcoin else (("crypto", 0.80), ("risk", 0.28), ("USD", -0.08))
    price = _DOLLARS.get(base, FALLBACK_PRICE) / (_DOLLARS["BTC"] if in_bitcoin else 1.0)
    volatility = _VOLATILITY.get(base, _BY_ASSET["crypto"])
    return _balanced(root, price, volatility, "crypto", factors, 0.3, spec)


def _balanced(
    root: str,
    price: float,
    volatility: float,
    rhythm: Rhythm,
    factors: tuple[tuple[str, float], ...],
    news: float,
    spec: SymbolSpec,
) -> Instrument:
    """The own factor takes the variance the shared ones leave, at least a tenth; all are scaled to 1."""
    shared = math.fsum(weight * weight for _, weight in factors)
    own_square = max(1.0 - shared, 0.1)
    scale = math.sqrt(1.0 / (shared + own_square))
    return Instrument(
        root=root,
        price=price,
        volatility=volatility,
        rhythm=rhythm,
        factors=tuple((name, weight * scale) for name, weight in factors),
        own=math.sqrt(own_square) * scale,
        news=news,
        ticks=_TICKS_PER_MINUTE[spec.asset],
    )


def _with_price(found: Instrument, spec: SymbolSpec, price: float) -> Instrument:
    return replace(found, price=max(price, _LEAST_TICKS * float(spec.tick_size)))


def _mirrored(found: Instrument) -> Instrument:
    """The same market quoted the other way round."""
    factors = tuple((name, -weight) for name, weight in found.factors)
    return replace(found, factors=factors, own=-found.own)
