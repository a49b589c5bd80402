import numpy as np
import pytest

from ictcli.sources.sim.randomness import bits, shocks, stream_key, unit

pytestmark = pytest.mark.jit_off


def test_draws_are_the_published_splitmix64_sequence() -> None:
    # the reference generator seeded with 1234567, first three outputs; counters start at 1
    with np.errstate(over="ignore"):
        drawn = [int(bits(np.uint64(1234567), counter)) for counter in (1, 2, 3)]
    assert drawn == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_streams_differ_by_label_and_by_seed() -> None:
    keys = {stream_key(seed, label) for seed in (1, 2) for label in ("shock/USD", "shock/EUR")}
    assert len(keys) == 4


def test_shocks_have_mean_zero_and_variance_one() -> None:
    n = 20_000
    values = np.empty(4 * n)
    with np.errstate(over="ignore"):
        for counter in range(n):
            shocks(np.uint64(bits(np.uint64(99), counter)), values, 4 * counter)
    assert abs(values.mean()) < 4 / np.sqrt(4 * n)
    assert values.var() == pytest.approx(1.0, abs=0.015)
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 4 / np.sqrt(4 * n)


@pytest.mark.parametrize("lane", range(4))
def test_a_unit_number_lies_strictly_between_zero_and_one(lane: int) -> None:
    assert unit(np.uint64(0), lane) == 0.5 / 65536
    assert unit(np.uint64(2**64 - 1), lane) == 1 - 0.5 / 65536
