"""Many tests at once: which rejections stand when some must occur by chance.

A missing p-value counts as 1 and stays among the tests: a test that could not be made is no reason to be
less strict with the others. Equality rejects, with a tolerance for rounding in favour of equality.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ictcli.errors import DataError

_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Multiple:
    """Outcome of many tests, in the order in which they were given.

    Attributes:
        rejected: which null hypotheses fall.
        adjusted: least level at which each would fall; compare it with the level directly.
    """

    rejected: tuple[bool, ...]
    adjusted: tuple[float, ...]

    @property
    def rejections(self) -> int:
        """Number of null hypotheses that fall."""
        return sum(self.rejected)


def benjamini_hochberg(p_values: Sequence[float | None], level: float = 0.05) -> Multiple:
    """Keep the expected share of false rejections among all at ``level`` (Benjamini and Hochberg 1995).

    Rejects the k smallest, k the largest with p(k) <= k·level/m. For tests that are independent or
    positively dependent.

    Raises:
        DataError: a p-value lies outside 0..1.
    """
    return _step_up(p_values, level, 1.0)


def benjamini_yekutieli(p_values: Sequence[float | None], level: float = 0.05) -> Multiple:
    """Like ``benjamini_hochberg`` for tests that depend on each other in any way (2001).

    The level is divided by 1 + 1/2 + ... + 1/m.

    Raises:
        DataError: a p-value lies outside 0..1.
    """
    return _step_up(p_values, level, math.fsum(1 / k for k in range(1, len(p_values) + 1)))


def bonferroni(p_values: Sequence[float | None], level: float = 0.05) -> Multiple:
    """Keep the probability of any false rejection at ``level``: rejects p <= level/m.

    Raises:
        DataError: a p-value lies outside 0..1.
    """
    known = _known(p_values)
    return _decided([min(1.0, p * len(known)) for p in known], level)


def _step_up(p_values: Sequence[float | None], level: float, penalty: float) -> Multiple:
    known = _known(p_values)
    m = len(known)
    adjusted = [1.0] * m
    least = 1.0
    for rank, which in reversed(list(enumerate(sorted(range(m), key=known.__getitem__), 1))):
        least = min(least, known[which] * m * penalty / rank)
        adjusted[which] = least
    return _decided(adjusted, level)


def _known(p_values: Sequence[float | None]) -> list[float]:
    known = [1.0 if p is None or math.isnan(p) else float(p) for p in p_values]
    for p in known:
        if not 0 <= p <= 1:
            raise DataError(
                f"{p:g} is no p-value", hint="give numbers from 0 to 1, or none where it is missing"
            )
    return known


def _decided(adjusted: list[float], level: float) -> Multiple:
    return Multiple(tuple(p <= level * (1 + _TOLERANCE) for p in adjusted), tuple(adjusted))
