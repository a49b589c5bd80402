"""The token bucket on passed-in time."""

from ictcli.trading.limiter import TokenBucket

SECOND = 1_000_000_000


def test_a_quiet_minute_fills_it_and_no_more() -> None:
    bucket = TokenBucket(120)
    assert [bucket.take(0) for _ in range(121)] == [True] * 120 + [False]


def test_tokens_flow_in_evenly() -> None:
    bucket = TokenBucket(120)
    while bucket.take(0):
        pass
    assert not bucket.take(SECOND // 2 - 1)
    assert bucket.take(SECOND // 2)
    assert not bucket.take(SECOND // 2)
    assert [bucket.take(SECOND * 60) for _ in range(120)].count(True) == 119


def test_a_clock_that_goes_back_neither_blocks_for_hours_nor_gives_tokens_away() -> None:
    bucket = TokenBucket(60)
    while bucket.take(10_000 * SECOND):
        pass
    assert not bucket.take(0)
    assert bucket.take(SECOND)
    assert not bucket.take(SECOND)


def test_a_clock_that_goes_back_leaves_the_tokens_that_were_there() -> None:
    bucket = TokenBucket(60)
    assert all(bucket.take(10_000 * SECOND) for _ in range(10))
    assert [bucket.take(0) for _ in range(51)] == [True] * 50 + [False]
