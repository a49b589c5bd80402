"""What people see of a trading session that ended."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.trading.graduation import Standing

_SHOWN = (
    "mode", "account", "state", "state_reason", "bars", "decisions", "orders", "fills", "trades", "balance",
    "equity", "positions", "unresolved", "ended",
)  # fmt: skip


def result_text(session: Session, document: Mapping[str, Any]) -> str:
    """What people see of a session that ended."""
    from ictcli.output import plain

    rows = [[key, _short(plain(document[key]))] for key in _SHOWN if document.get(key) is not None]
    lines = [session.out.table(["what", "value"], rows)]
    if document["quality"] is not None and document["quality"]["all"]["orders"]:
        from ictcli.trading.quality import QUALITY_COLUMNS, quality_rows

        lines += ["", session.out.table(QUALITY_COLUMNS, quality_rows(document["quality"])), ""]
    for one in document["graduation"]:
        verdict = "may trade live" if one["graduated"] else "on paper: " + "; ".join(one["missing"])
        lines.append(f"{one['strategy']}: {verdict}; {one['trades']} paper trades, net {one['net']}")
    return "\n".join(lines)


def _short(value: object) -> object:
    """A list as how many it has."""
    return len(value) if isinstance(value, list) else value


def verdict_of(one: "Standing") -> dict[str, Any]:
    """Where a strategy stands, as plain values."""
    return {
        "strategy": one.mark,
        "graduated": one.graduated,
        "missing": list(one.missing),
        "trades": one.evidence.trades,
        "net": one.evidence.net,
    }
