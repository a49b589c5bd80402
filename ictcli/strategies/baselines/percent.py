"""Distances given in percent of a price, in whole points."""

from ictcli.kernels import kernel

_MILLION = 1_000_000


def to_millionths(percent: float) -> int:
    """Percent as parts per million."""
    return round(percent * _MILLION / 100)


@kernel
def points_of(price: int, millionths: int) -> int:
    """A share of a price in points, rounded up, at least one."""
    return int(max((abs(price) * millionths + _MILLION - 1) // _MILLION, 1))
