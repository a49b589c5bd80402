"""Matured labels are thinned without a look at how they end."""

import numpy as np
import pytest

from ictcli.learning.checking import apart, decay
from ictcli.learning.events import Events
from ictcli.models.references import Known


def events(*spans: tuple[int, int]) -> Events:
    """Of first and last bar."""
    start, end = (np.array(side, np.int64) for side in zip(*spans, strict=True))
    n = len(spans)
    zeros, ones = np.zeros(n, np.int64), np.ones(n)
    return Events(
        start, end, zeros, zeros, zeros, ones, ones, ones, ones, ones, np.zeros(n, np.bool_)
    )  # fmt: skip


def test_the_next_event_is_the_first_to_begin_and_not_the_first_to_end() -> None:
    found = apart(events((0, 9), (1, 3), (5, 7), (9, 20), (10, 11), (20, 21)))
    assert found.start.tolist() == [0, 9, 20]
    assert not len(apart(events((0, 1)).take(slice(0))))


def test_the_order_of_signs_says_nothing_where_thinning_knows_no_future() -> None:
    """Taking those that end first would find the eve of every move, and a forecast that is always wrong."""
    rng = np.random.default_rng(1)
    steps = rng.normal(size=20_000)
    price = np.cumsum(steps)
    spans, label = [], []
    for at in range(1, 19_000):
        ahead = np.flatnonzero(np.abs(price[at + 1 : at + 200] - price[at]) > 3)
        if len(ahead):
            spans.append((at, at + 1 + int(ahead[0])))
            label.append(price[spans[-1][1]] > price[at])
    own = events(*spans)
    kept = apart(own).start
    up = dict(zip(own.start.tolist(), label, strict=True))
    agree = np.mean([(steps[at] > 0) == up[at] for at in kept.tolist()])
    assert agree == pytest.approx(0.5, abs=3 * 0.5 / len(kept) ** 0.5)


def test_the_alarm_rings_when_the_loss_has_risen_and_not_before() -> None:
    known = Known(log_loss=0.6, brier=0.2, deviation=0.2, independent=1_000.0)
    rng = np.random.default_rng(2)
    calm = np.full(2_000, 0.7)
    labels = (rng.random(2_000) < 0.74).astype(np.int64)
    assert decay(known, calm, labels)["rings"] is False
    worse = np.where(np.arange(2_000) < 1_000, labels, 1 - labels)
    found = decay(known, calm, worse)
    assert found["rings"] is True
    assert 1_000 <= found["bar"] < 1_200
    still = Known(log_loss=0.6, brier=0.2, deviation=0.0, independent=9.0)
    assert decay(still, calm, labels)["threshold"] is None
