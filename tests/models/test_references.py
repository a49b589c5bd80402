"""What a version was like out of sample, kept beside it."""

import math

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.models.references import References, known_of


def test_means_are_over_the_events_that_have_a_number() -> None:
    p = np.array([0.5, 0.25, math.nan, 0.5])
    known = known_of(p, np.array([1, 0, 1, 0]), np.array([1.0, 0.5, 1.0, 0.25]))
    losses = [math.log(2), -math.log(0.75), math.log(2)]
    assert known.log_loss == pytest.approx(np.mean(losses))
    assert known.deviation == pytest.approx(np.std(losses))
    assert known.brier == pytest.approx((0.25 + 0.0625 + 0.25) / 3)
    assert known.independent == 1.75
    reference = known.reference("tree", p[:2])
    assert (reference.name, reference.log_loss, len(reference.probabilities)) == ("tree", known.log_loss, 2)


def test_they_come_back_as_they_were_and_damage_is_refused() -> None:
    known = known_of(np.array([0.4, 0.7]), np.array([0, 1]), np.ones(2))
    kept = References(members={"tree": known}, combined=known)
    assert References.decode(kept.encode(), "x") == kept
    with pytest.raises(DataError, match=r"x is damaged"):
        References.decode(b"{}", "x")
