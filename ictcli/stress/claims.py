"""Claims from what was measured, each with the bound that its kind of measurement allows."""

import math
from collections.abc import Sequence

from ictcli.stats.exact import clopper_pearson, quantile_bounds
from ictcli.stats.growth import Slope
from ictcli.stress.scenario import Bound, Claim, Direction

CONFIDENCE = 0.95
"""Of every bound, each side alone."""
_GROWTH = "least squares of what each window adds on its bars and orders, HC3, Student's t"


def share_claim(
    name: str, hits: int, n: int, of: str, threshold: float, *, direction: Direction = "<", note: str = ""
) -> Claim:
    """A share of independent trials: errors of orders (``<``), successes of attempts (``>=``).

    Args:
        name: what is claimed.
        hits: how many of them.
        n: of how many.
        of: what these are.
        threshold: share of 1.
        direction: how the share must lie to it.
        note: see ``Claim``.
    """
    found = clopper_pearson(hits, n, CONFIDENCE)
    extreme = hits in {0, n}
    method = "rule of three (Clopper-Pearson without a failure)" if extreme else "Clopper-Pearson"
    bound = Bound(method, found.low, found.high, CONFIDENCE)
    return Claim(name, hits / n if n else None, "share", n, of, bound, threshold, direction, note)


def quantile_claim(
    name: str, values: Sequence[float], p: float, unit: str, of: str, threshold: float,
    *, direction: Direction = "<", note: str = "",
) -> Claim:  # fmt: skip
    """A quantile of independent measurements: delays (``<``, p 0.99), rates of hours (``>``, p 0.05).

    Args:
        name: what is claimed.
        values: as measured.
        p: which quantile, between 0 and 1.
        unit: of the values.
        of: what these are.
        threshold: in that unit.
        direction: how the quantile must lie to it.
        note: see ``Claim``.
    """
    ordered = sorted(values)
    n = len(ordered)
    low, high = quantile_bounds(n, p, CONFIDENCE)
    method = f"order statistic of the {100 * p:g} % quantile"
    bound = Bound(
        method,
        None if low is None else ordered[low],
        None if high is None else ordered[high],
        CONFIDENCE,
    )
    value = ordered[min(n - 1, max(0, math.ceil(p * n) - 1))] if n else None
    return Claim(name, value, unit, n, of, bound, threshold, direction, note, quantile=p)


def cases_claim(name: str, wrong: int, n: int, of: str = "cases", *, note: str = "") -> Claim:
    """Listed cases that were all tried: none may go wrong, and nothing is inferred for others.

    Args:
        name: what is claimed.
        wrong: how many went wrong.
        n: how many there are.
        of: what these are.
        note: which went wrong.
    """
    bound = Bound("every listed case was tried", float(wrong), float(wrong), 1.0)
    return Claim(name, float(wrong), of, n, of, bound, 0.0, "<=", note)


def growth_claim(name: str, found: Slope, n: int, unit: str, threshold: float, *, note: str = "") -> Claim:
    """What something grows by: bytes with each bar.

    Args:
        name: what is claimed.
        found: of ``growth``.
        n: samples that it rests on.
        unit: of the slope.
        threshold: of the slope, in that unit.
        note: see ``Claim``.
    """
    bound = Bound(_GROWTH, found.interval.low, found.interval.high, CONFIDENCE, estimate=True)
    return Claim(name, found.value, unit, n, "samples", bound, threshold, "<", note)
