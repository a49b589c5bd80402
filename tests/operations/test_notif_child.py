"""What the delivering process says of a failure: fixed words, how long to wait; nothing of the address."""

from email.utils import format_datetime

import pytest

from ictcli.clock import now_ns, to_datetime
from ictcli.operations.notif_child import wait_of, why_of
from tests.operations.alert_desks import SECOND


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Socket Exception: (421, b'4.3.2 canary.example.com is full')", "refused with 421"),
        ("Socket Exception: {'canary@example.com': (550, b'no')}", "refused with 550"),
        ("Failed to send JSON notification: Too many requests., error=429.", "refused with 429"),
        ("Socket Exception: [Errno 111] Connection refused", "connection refused"),
        (
            "HTTPSConnectionPool(host='canary', port=443): Read timed out. (read timeout=4)",
            "no answer in time",
        ),
        ("[Errno -2] Name or service not known: canary", "no such host"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "its certificate is not valid"),
        ("Connection unexpectedly closed: canary", "the connection was closed"),
        ("something of canary nobody foresaw", "not taken, in words that may hold the address"),
    ],
)
def test_a_failure_is_told_in_fixed_words(said: str, why: str) -> None:
    assert why_of(["Sending to canary@example.com failed.", said]) == why


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("120", 120),
        ("1.5", 1.5),
        ("-5", 0),
        ("soon", 0),
        ("999999999", 86_400),
        ("nan", 0),
    ],
)
def test_a_service_may_ask_for_peace_but_not_for_ever(value: str | None, seconds: float) -> None:
    assert wait_of(value) == seconds


def test_a_service_may_name_the_hour_from_which_it_listens_again() -> None:
    hour = format_datetime(to_datetime(now_ns() + 90 * SECOND), usegmt=True)
    assert 80 < wait_of(hour) <= 90
    assert wait_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0
