"""The answer to "why" as text and as plain values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ictcli.engine.refusals import Refusal, explain
from ictcli.reports.layout import aligned, wrap
from ictcli.research.why import Row, Story, Why

_EXPLAINED = {code.label: explain(code) for code in Refusal if code}


Zones = Mapping[tuple[str, int | None], Sequence[Mapping[str, Any]]]


def why_document(answer: Why, zones: Zones | None = None, doubts: Sequence[str] = ()) -> dict[str, Any]:
    """What ``report --why --json`` prints.

    Args:
        answer: to "why".
        zones: strategy and set-up = what it rests on; None where nothing tells.
        doubts: about the zones.
    """
    return {
        "symbol": answer.symbol,
        "at": _stamp(answer.at),
        "trades": [_plain(row) for row in answer.trades],
        "setups": [
            {
                "strategy": story.strategy,
                "timeframe": story.timeframe,
                "setup": story.number,
                "steps": [_plain(step) for step in story.steps],
                "zones": list((zones or {}).get((story.strategy, story.number), ())),
            }
            for story in answer.stories
        ],
        "omitted": answer.omitted,
        "doubts": list(doubts),
        "before": _plain(answer.before) if answer.before else None,
        "after": _plain(answer.after) if answer.after else None,
    }


def why_text(answer: Why, digits: int, zones: Zones | None = None, doubts: Sequence[str] = ()) -> str:
    """What ``report --why`` prints; ``digits`` of the symbol's prices, else as ``why_document``."""
    parts = [[f"{answer.symbol} at {_stamp(answer.at)}"], _position_lines(answer.trades, digits)]
    told = zones or {}
    several = len({story.timeframe for story in answer.stories}) > 1
    for story in answer.stories:
        name = f"{story.strategy} {story.timeframe}" if several else story.strategy
        parts.append(_story_lines(name, story, digits, told.get((story.strategy, story.number), ())))
    parts += [[line for doubt in doubts for line in wrap(f"Note: {doubt}.")]]
    if answer.omitted:
        parts.append(
            [f"{answer.omitted:,} more set-ups were alive; --json lists those nearest to the moment."]
        )
    if not answer.stories:
        parts.append(_nothing_lines(answer))
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def outside(at: datetime, first: str, last: str) -> list[str]:
    """A doubt where a moment lies outside of what is known, from ``first`` to ``last``, ISO-8601."""
    begins, ends = (datetime.fromisoformat(one) for one in (first, last))
    if begins <= at <= ends:
        return []
    return [f"this moment lies outside of the bars that were traded, {_stamp(begins)} to {_stamp(ends)}"]


def _position_lines(trades: Sequence[Row], digits: int) -> list[str]:
    if not trades:
        return ["No position was open."]
    return [line for row in trades for line in wrap(_position(row, digits))]


def _position(row: Row, digits: int) -> str:
    opened = (
        f"{row['strategy']} {row['side']} {row['volume'].normalize():f} lots from {_stamp(row['opened_at'])}"
    )
    closed = f"closed {_stamp(row['closed_at'])} at {_price(row['exit'], digits)} by {row['exit_reason']}"
    return f"In position: {opened} at {_price(row['entry'], digits)}, {closed}"


def _story_lines(name: str, story: Story, digits: int, zones: Sequence[Mapping[str, Any]]) -> list[str]:
    cells = [
        [
            _stamp(step["at"]),
            step["who"],
            step["what"],
            step["side"] or "",
            _price(step["price"], digits),
            _reason(step),
        ]
        for step in story.steps
    ]
    table = aligned(["Known at", "Who", "What", "Side", "Price", "Why"], cells, "<<<<><")
    about = [
        *map(zone_line, zones),
        *(_asked(step, digits) for step in story.steps if step["what"] == "enter"),
    ]
    return [f"{name}, set-up {story.number}", *(f"  {line}" for line in about), *table]


def _asked(step: Row, digits: int) -> str:
    """What an entry asked for."""
    told = {"price": step["price"], "stop": step["stop"], "target": step["target"]}
    levels = [f"{name} {_price(value, digits)}" for name, value in told.items() if value is not None]
    return f"asked {_stamp(step['at'])}: {step['side'] or ''} {', '.join(levels)}".rstrip()


def zone_line(zone: Mapping[str, Any]) -> str:
    """A zone in words."""
    edges = list(dict.fromkeys(edge for edge in (zone["bottom"], zone["top"]) if edge is not None))
    name = " ".join(word for word in (zone["layer"], zone["dir"], zone["kind"]) if word and word != "none")
    role = "sits on" if zone["role"] == "cause" else "made of"
    where = f" {' to '.join(edges)}" if edges else ""
    formed, known = (zone[name].replace(":00Z", "Z") for name in ("formed_at", "confirmed_at"))
    known = known[11:] if known[:10] == formed[:10] else known
    told = f"{role} {name.replace('_', ' ')}{where}, formed {formed}, known {known}"
    return told if zone["state"] == "active" else f"{told}, {zone['state']} then"


def _nothing_lines(answer: Why) -> list[str]:
    lines = wrap("No set-up was under way at this moment.")
    for label, step in (("Last before", answer.before), ("Next after", answer.after)):
        if step is not None:
            said = f"{step['strategy']} {step['what']} {step['side'] or ''}".strip()
            lines += wrap(f"{label}: {_stamp(step['at'])}, {said}. {_reason(step)}".strip())
    return lines


def _reason(step: Row) -> str:
    reason, probability = step["reason"] or "", step.get("probability")
    said = f"{reason}: {_EXPLAINED[reason]}" if reason in _EXPLAINED else reason
    return said if probability is None else f"{said} (p = {probability:.3f})".lstrip()


def _price(value: Any, digits: int) -> str:
    """A price with all decimals of its symbol; finer ones stay."""
    if value is None:
        return ""
    exact = value.normalize()
    return f"{exact:.{max(digits, -exact.as_tuple().exponent)}f}"


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at.second else f"{at:%Y-%m-%dT%H:%MZ}"


def _plain(row: Row) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return _stamp(value)
    return f"{value:f}" if isinstance(value, Decimal) else value
