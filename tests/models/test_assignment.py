"""Every event belongs to one version, everywhere and for ever, in the share that was asked for."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import UsageError
from ictcli.models.assignment import BUCKETS, STAGES, bucket, is_challengers, next_share

WORDS = st.text(alphabet="abcXYZ019:-.", max_size=12)


def test_the_bucket_is_the_published_formula() -> None:
    digest = hashlib.sha256(b"spring|EURUSD|2026-01-05T10:00:00Z").hexdigest()
    assert bucket("spring", "EURUSD", "2026-01-05T10:00:00Z") == int(digest, 16) % 10_000
    assert bucket("spring", "EURUSD", "2026-01-05T10:00:00Z") == 195


@given(WORDS, WORDS, WORDS, st.integers(0, BUCKETS), st.integers(0, BUCKETS))
def test_an_event_of_the_challenger_stays_its_own_when_the_share_grows(
    salt: str, symbol: str, event: str, one: int, other: int
) -> None:
    assert 0 <= bucket(salt, symbol, event) < BUCKETS
    small, large = sorted((one, other))
    assert is_challengers(salt, symbol, event, small) <= is_challengers(salt, symbol, event, large)
    assert not is_challengers(salt, symbol, event, 0)
    assert is_challengers(salt, symbol, event, BUCKETS)


@pytest.mark.parametrize("share", STAGES)
def test_the_share_is_kept_within_four_standard_errors(share: int) -> None:
    n = 20_000
    count = sum(is_challengers("s", "EURUSD", str(event), share) for event in range(n))
    p = share / BUCKETS
    assert abs(count - n * p) <= 4 * (n * p * (1 - p)) ** 0.5


def test_another_salt_deals_anew_and_other_symbols_are_dealt_apart() -> None:
    def mine(salt: str, symbol: str) -> set[int]:
        return {event for event in range(2_000) if is_challengers(salt, symbol, str(event), 2_500)}

    one, other, third = mine("a", "EURUSD"), mine("b", "EURUSD"), mine("a", "GBPUSD")
    for pair in (other, third):
        assert 80 < len(one & pair) < 170  # 125 expected of independent halves of a quarter


def test_texts_that_could_be_confused_are_refused() -> None:
    for salt, symbol in (("a|b", "c"), ("a", "b|c")):
        with pytest.raises(UsageError, match="must not hold"):
            bucket(salt, symbol, "d")
    for share in (-1, BUCKETS + 1):
        with pytest.raises(UsageError, match="share"):
            is_challengers("a", "b", "c", share)


def test_stages_go_from_one_percent_to_all_and_back_to_nothing() -> None:
    share, path = 0, []
    while share < BUCKETS:
        share = next_share(share, healthy=True)
        path.append(share)
    assert path == [100, 500, 2_500, 10_000]
    assert next_share(BUCKETS, healthy=True) == BUCKETS
    assert [next_share(stage, healthy=False) for stage in path] == [0, 0, 0, 0]
