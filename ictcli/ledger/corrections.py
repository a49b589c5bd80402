"""What a correction makes of a deal: the broker's value in place of ours, and nothing else."""

from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from msgspec.structs import replace

from ictcli.ledger.bodies import Corrected, Filled
from ictcli.ledger.rows import FillRow

MONEY = ("profit", "commission", "swap", "fee")
"""Fields of a deal that moved the balance."""
_NUMBERS = frozenset({"price", *MONEY})
_FLAGS = frozenset({"late", "over"})
DEAL_FIELDS = _NUMBERS | _FLAGS
"""What of a deal can be corrected."""
_TRUTHS = {"true": True, "false": False}

Deal = TypeVar("Deal", Filled, FillRow)


def corrected(deal: Deal, body: Corrected) -> Deal | None:
    """A deal with the broker's value.

    Args:
        deal: as the ledger has it.
        body: of this deal.

    Returns:
        None where nothing is to be corrected: the ledger says something else than ``ours`` by now, or the
        correction speaks of nothing that a deal has.
    """
    theirs = _value(body.what, body.theirs)
    if body.deal != deal.deal or theirs is None or not says(deal, body.what, body.ours):
        return None
    if says(deal, body.what, body.theirs):
        return None
    changes: dict[str, Any] = {body.what: type(getattr(deal, body.what))(theirs)}
    return replace(deal, **changes)


def says(deal: Filled | FillRow, what: str, text: str) -> bool:
    """Whether a field of a deal has the value of a text."""
    value = _value(what, text)
    return value is not None and bool(getattr(deal, what) == value)


def money_of(deal: Filled | FillRow) -> Decimal:
    """What the balance gained by a deal."""
    return deal.profit + deal.commission + deal.swap + deal.fee


def _value(what: str, text: str) -> Decimal | bool | None:
    """What a text says of a field; None where it says nothing."""
    if what in _FLAGS:
        return _TRUTHS.get(text)
    if what not in _NUMBERS:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
