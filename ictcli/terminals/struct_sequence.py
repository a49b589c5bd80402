"""What the record types of the MetaTrader5 module are: C struct sequences."""

from collections.abc import Iterable
from operator import itemgetter
from typing import Annotated, Any, ClassVar, Self

Int32 = Annotated[int, "int32"]
Int64 = Annotated[int, "int64"]
UInt32 = Annotated[int, "uint32"]
UInt64 = Annotated[int, "uint64"]


class StructSequence(tuple[Any, ...]):
    """A tuple whose items have read-only names, as C code makes them.

    Args:
        values: one sequence of all items, in the order of the fields.

    Raises:
        TypeError: not one sequence of exactly that many items.
    """

    __slots__ = ()

    n_fields: ClassVar[int] = 0
    n_sequence_fields: ClassVar[int] = 0
    n_unnamed_fields: ClassVar[int] = 0

    def __init_subclass__(cls) -> None:
        cls.n_fields = cls.n_sequence_fields = len(cls.__annotations__)
        for position, name in enumerate(cls.__annotations__):
            setattr(cls, name, property(itemgetter(position)))

    def __new__(cls, values: Iterable[Any], /) -> Self:
        """A record of all items, in the order of the fields."""
        made = super().__new__(cls, values)
        if len(made) != cls.n_fields:
            raise TypeError(f"{cls.__name__}() takes a {cls.n_fields}-sequence ({len(made)}-sequence given)")
        return made

    def __repr__(self) -> str:
        items = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
        return f"{type(self).__name__}({items})"

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Any, ...]]]:
        return type(self), (tuple(self),)

    def _asdict(self) -> dict[str, Any]:
        """Name = item; a record inside stays one."""
        return dict(zip(type(self).__annotations__, self, strict=True))
