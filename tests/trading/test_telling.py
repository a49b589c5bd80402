"""A bar is taken as it closes, or it is played back."""

import pytest

from ictcli.trading.telling import is_timely

SECOND = 1_000_000_000
OPEN, CLOSE = 1_700_000_100 * SECOND, 1_700_001_000 * SECOND


@pytest.mark.parametrize(
    ("after", "timely"),
    [
        (0, True),
        (2, True),
        (900, True),
        (1020, True),
        (1021, False),
        (86_400, False),
        (-120, True),
        (-121, False),
    ],
)
def test_a_bar_is_timely_until_the_next_one_has_closed(after: int, timely: bool) -> None:
    assert is_timely(OPEN, CLOSE, CLOSE + after * SECOND) is timely
