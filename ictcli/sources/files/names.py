"""Symbol and timeframe that a file name gives away."""

import re

from ictcli.market.timeframes import TIMEFRAMES

_META = re.compile(r"(M|H|D|W|MN)(\d{1,2})", re.IGNORECASE)
_COUNTED = re.compile(r"(\d{1,5})[ ]?(m|min|mins|minute|h|hour|d|day|w|week|M|mo|month)")
_WORDS = {
    "minute": "M1",
    "hour": "H1",
    "hourly": "H1",
    "daily": "D1",
    "weekly": "W1",
    "tick": "TICK",
    "ticks": "TICK",
}
_MINUTES = {
    1: "M1",
    2: "M2",
    3: "M3",
    5: "M5",
    10: "M10",
    15: "M15",
    30: "M30",
    60: "H1",
    120: "H2",
    240: "H4",
    480: "H8",
    720: "H12",
    1440: "D1",
    10080: "W1",
    43200: "MN1",
}
_UNITS = {"m": "M", "h": "H", "d": "D", "w": "W"}
_PAIR_WITH_MINUTES = re.compile(r"([A-Z]{6,10})(\d{1,5})")
_SYMBOL = re.compile(r"[A-Za-z#][A-Za-z0-9.#!+]{1,15}")
_CODES = "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|USDT|USDC|BTC|ETH|SGD|HKD|MXN|ZAR|SEK|NOK|DKK|PLN|TRY|CNH"
_PAIR = re.compile(rf"[A-Z]{{3,5}}({_CODES})(\.[A-Z]{{1,3}})?", re.IGNORECASE)
_NOT_SYMBOLS = re.compile(
    r"ascii|mt\d?|nt|ms|dat|data|bars|csv|export|history|ohlcv?|candles|quotes|full|sample|histdata|truefx"
    r"|dukascopy|fxcm|oanda|kraken|binance(us)?|firstrate|bybit|ftmo",
    re.IGNORECASE,
)


def hints_of(name: str) -> tuple[str | None, str | None]:
    """``(symbol, timeframe)`` named by a file name such as ``XAUUSD_M15_ftmo.parquet`` or ``EURUSD60.csv``.

    The symbol keeps its spelling (broker suffixes are case sensitive) unless it is all lower case. The
    timeframe is a MetaTrader name or ``TICK``. Either is None when the name does not tell.
    """
    stem = re.sub(r"(\.(csv|txt|tsv|parquet|pq|json|zip|gz|prn|hst|dat))+$", "", name, flags=re.IGNORECASE)
    tokens = [token for token in re.split(r"[_\-\s,()]+", stem) if token]
    for place, token in enumerate(tokens):
        timeframe = _timeframe(token, histdata="DAT" in tokens)
        before = tokens[place - 1] if place else ""
        if timeframe is None and place == len(tokens) - 1 and _PAIR.fullmatch(before) and token.isdecimal():
            timeframe = _MINUTES.get(int(token[:6]))
        if timeframe is not None:
            named = (_symbol(earlier) for earlier in reversed(tokens[:place]))
            return next(filter(None, named), None) or _any_pair(tokens), timeframe
        joined = _PAIR_WITH_MINUTES.fullmatch(token)
        if joined and int(joined[2]) in _MINUTES:
            return joined[1], _MINUTES[int(joined[2])]
    return _any_pair(tokens), None


def _timeframe(token: str, *, histdata: bool) -> str | None:
    if histdata and token == "T":  # noqa: S105 - HistData's mark of a tick file
        return "TICK"
    if token.lower() in _WORDS:
        return _WORDS[token.lower()]
    if _META.fullmatch(token):
        return token.upper() if token.upper() in TIMEFRAMES else None
    counted = _COUNTED.fullmatch(token)
    return _counted(int(counted[1]), counted[2]) if counted else None


def _counted(count: int, unit: str) -> str | None:
    if unit in ("M", "mo", "month"):
        return "MN1" if count == 1 else None
    if unit[0] == "m":
        return _MINUTES.get(count)
    found = f"{_UNITS[unit[0]]}{count}"
    return found if found in TIMEFRAMES else None


def _symbol(token: str) -> str | None:
    if not _SYMBOL.fullmatch(token) or _NOT_SYMBOLS.fullmatch(token):
        return None
    return token.upper() if token.islower() else token


def _any_pair(tokens: list[str]) -> str | None:
    return next((_symbol(token) for token in tokens if _PAIR.fullmatch(token)), None)
