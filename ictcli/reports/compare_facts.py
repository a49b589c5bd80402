"""What decided a run, by name, so that two runs can be told apart."""

from collections.abc import Iterator, Mapping
from typing import Any

_SERIES = (
    *("source", "content", "first", "last", "bars", "spread_points", "commission", "swap_long", "swap_short"),
    *("specification", "resolved"),
)
_HASH = 12
_RESULTS = frozenset({"closing_balance"})


def run_facts(document: Mapping[str, Any]) -> dict[str, str]:
    """Strategies and their parameters, account, sizing, risk, fills, detectors, data: a text each.

    Args:
        document: of the run.
    """
    facts = {
        "strategies": str(document["strategy"]),
        "timeframe": str(document["timeframe"]),
        "symbols": ", ".join(one["symbol"] for one in document["series"]),
    }
    for one in document.get("strategies", ()):
        facts |= _strategy(one)
    for section in ("account", "sizing", "risk", "fills", "detect"):
        values = document.get(section) or {}
        facts |= {f"{section}.{name}": str(value) for name, value in values.items() if name not in _RESULTS}
    for one in document["series"]:
        facts |= {f"{one['symbol']}.{name}": _short(name, one[name]) for name in _SERIES if name in one}
    asked = (document.get("asked") or {}).get("traded", "backtest")
    return facts | {"made by": asked, "seed": str(document["seed"]), "version": document["version"]}


def _strategy(one: Mapping[str, Any]) -> dict[str, str]:
    name = one["name"]
    facts = {f"{name}.version": str(one["version"])}
    facts |= {f"{name}.{param}": str(value) for param, value in one["params"].items()}
    if one.get("source"):
        facts[f"{name}.file"] = one["source"][:_HASH]
    facts |= {f"{name}.model.{what}": str(value) for what, value in _plain(one.get("model") or {})}
    return facts


def _plain(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in values.items() if isinstance(value, str | int | float))


def _short(name: str, value: Any) -> str:
    return str(value)[:_HASH] if name in {"content", "specification"} else str(value)


def differences(a: Mapping[str, str], b: Mapping[str, str], *, whole: bool) -> list[dict[str, str | None]]:
    """Facts that are not the same, in the order of the first.

    Of a symbol or strategy that only one side has nothing is told but that it has it.

    Args:
        a: facts of one side.
        b: facts of the other.
        whole: whether both tell all they know, so that a fact that one lacks differs, too; a ledger tells
            less than a run.
    """
    names = dict.fromkeys([*a, *b] if whole else [name for name in a if name in b])
    sections = [{name.partition(".")[0] for name in side if "." in name} for side in (a, b)]
    told = [name for name in names if "." not in name or name.partition(".")[0] in sections[0] & sections[1]]
    return [{"what": name, "a": a.get(name), "b": b.get(name)} for name in told if a.get(name) != b.get(name)]
