"""One place at which a statement contradicts itself."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What a file states and what follows from the rest of it.

    Attributes:
        where: table and row, position, or the name of a total.
        field: which of its values.
        stated, computed: both, as people write them; empty for nothing there.
    """

    where: str
    field: str
    stated: str
    computed: str

    def __str__(self) -> str:
        return f"{self.where}: {self.field} {self.stated or 'none'}, computed {self.computed or 'none'}"


@dataclass(slots=True)
class Doubts:
    """What was found so far.

    Attributes:
        whole: the file begins with the account: every position was opened in it.
        mismatches: contradictions.
        unchecked: what could not be compared, in words.
    """

    whole: bool
    mismatches: list[Mismatch] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def compare(self, where: str, field_name: str, stated: object, computed: object) -> None:
        """Note a contradiction unless both are equal."""
        if stated != computed:
            self.mismatches.append(Mismatch(where, field_name, _text(stated), _text(computed)))

    def near(self, where: str, stated: Decimal, computed: Decimal, decimals: int = 2) -> None:
        """The same for a rounded number: half of its last digit is no contradiction.

        Args:
            where: which number it is.
            stated: as the statement has it.
            computed: as it follows from other rows.
            decimals: that terminals write at least; where there are fewer, the others are zeros.
        """
        exponent = stated.as_tuple().exponent
        last = Decimal(1).scaleb(min(exponent, -decimals) if isinstance(exponent, int) else -decimals)
        if abs(stated - computed) > last / 2:
            self.mismatches.append(Mismatch(where, "value", _text(stated), _text(round(computed, 8))))


def _text(value: object) -> str:
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
