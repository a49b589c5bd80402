"""Groups of symbols as MetaTrader writes them: ``*,!*USD*``."""

from collections.abc import Callable


def group_filter(group: str) -> Callable[[str], bool]:
    """Whether a symbol is in a group: masks with ``*``, read from left to right; ``!`` takes out."""
    masks = [mask.strip() for mask in group.split(",") if mask.strip()]

    def chosen(symbol: str) -> bool:
        inside = False
        for mask in masks:
            if fits_mask(symbol, mask.removeprefix("!")):
                inside = not mask.startswith("!")
        return inside

    return chosen


def fits_mask(symbol: str, mask: str) -> bool:
    """Whether a name is made of the mask's pieces in their order, anything where a ``*`` stands."""
    first, *rest = mask.split("*")
    if not rest:
        return symbol == mask
    if not symbol.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1]:
        found = symbol.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return symbol.endswith(rest[-1]) and len(symbol) - len(rest[-1]) >= at
