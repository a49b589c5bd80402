"""Which messages tell what is due: never more than allowed, and nothing left out."""

from hypothesis import example, given
from hypothesis import strategies as st

from ictcli.operations.notif_plan import allowance, free_at, plan, spend
from ictcli.operations.notif_text import letter_of
from ictcli.operations.outbox_rows import Due, Standing
from tests.operations.alert_desks import MINUTE, NOON, SECOND


def due(number: int, text: str = "", severity: str = "warning", tries: int = 0, **values: int) -> Due:
    """An alert that is to be told."""
    said = text or f"number {number}"
    return Due(
        alert=number, step=values.get("step", 0), tries=tries, doubtful=values.get("doubtful", 0),
        key=f"k{number}", kind="test", severity=severity, text=said, source="paper", owner="operator",
        at=NOON + number * SECOND, fingerprint=said,
    )  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["info", "warning", "critical"])), min_size=1),
    st.integers(1, 8),
)
def test_every_alert_is_in_one_message_and_there_are_no_more_than_allowed(
    given_rows: list[tuple[int, str]], allowed: int
) -> None:
    rows = [due(number, f"text {text}", severity) for number, (text, severity) in enumerate(given_rows)]
    messages = plan(rows, allowed)
    assert len(messages) <= allowed
    assert sorted(row.alert for message in messages for row in message.rows) == [row.alert for row in rows]
    for message in messages:
        if not message.digest:
            assert len({row.fingerprint for row in message.rows}) == 1


@given(st.integers(1, 300), st.integers(1, 6))
def test_every_alert_of_a_message_is_named_or_counted_in_it(count: int, allowed: int) -> None:
    for message in plan([due(number) for number in range(1, count + 1)], allowed):
        body = letter_of(message, "desk").body
        shown = sum(f"number {row.alert}" in body.split("alerts ")[1] for row in message.rows)
        if message.digest:
            assert f"{len(message.rows)} alerts" in body
            left = len(message.rows) - sum(f": number {row.alert}\n" in body for row in message.rows)
            assert not left or f"and {left} more: {left} test" in body
        else:
            assert shown or f"key k{message.rows[0].alert}" in body


def test_what_is_worst_goes_first_and_what_failed_goes_last() -> None:
    rows = [due(1, tries=3, severity="critical"), due(2, severity="info"), due(3, severity="critical")]
    assert [message.rows[0].alert for message in plan(rows, 5)] == [3, 2, 1]


def test_alerts_that_say_the_same_are_one_message_with_their_count_and_span() -> None:
    (message,) = plan([due(1, "again"), due(2, "again"), due(3, "again")], 5)
    letter = letter_of(message, "desk")
    assert letter.title == "[warning] desk: test: again (3 times)"
    assert "3 times, 2023-11-14T22:13:21Z to 2023-11-14T22:13:23Z" in letter.body
    assert "alert 1-3, key k1, k2, k3" in letter.body


def test_a_message_that_may_have_come_before_says_so() -> None:
    (message,) = plan([due(1, doubtful=1)], 1)
    assert "Perhaps this came before" in letter_of(message, "desk").body
    (message,) = plan([due(1), due(2, doubtful=1)], 1)
    assert "Perhaps 1 of these came before" in letter_of(message, "desk").body


def test_a_step_of_escalation_says_that_nobody_has_acknowledged() -> None:
    (message,) = plan([due(1, step=2)], 1)
    assert "Nobody has acknowledged this: step 2." in letter_of(message, "desk").body


def test_a_digest_of_many_stays_short_and_shows_the_worst() -> None:
    rows = [due(number, "x" * 200 + str(number)) for number in range(1, 2_000)]
    (message,) = plan([*rows, due(2_000, "the worst", "critical")], 1)
    letter = letter_of(message, "desk")
    assert letter.severity == "critical"
    assert letter.title == "[critical] desk: 2000 alerts: 2000 test"
    assert len(letter.body) < 4_500
    assert "critical test: the worst" in letter.body


@given(st.sampled_from([1, 7, 20, 600]), st.lists(st.integers(0, 5_000), max_size=60))
@example(1, [0] * 60)
@example(20, [100] * 600)
def test_no_minute_has_more_messages_than_its_share_and_a_burst(per_minute: int, gaps: list[int]) -> None:
    standing, now, sent = Standing(0, 0, 0), NOON, []
    for gap in gaps:
        now += gap * SECOND // 1_000
        if allowance(standing, per_minute, now):
            assert free_at(standing, per_minute, now) == now
            standing = spend(standing, per_minute, now)
            sent.append(now)
        else:
            free = free_at(standing, per_minute, now)
            assert free > now
            assert allowance(standing, per_minute, free) >= 1
    for begin in sent:
        assert sum(begin <= at < begin + MINUTE for at in sent) <= per_minute + max(1, per_minute // 4) + 1


def test_a_channel_that_was_left_in_peace_may_send_a_quarter_of_a_minute_at_once() -> None:
    assert allowance(Standing(0, 0, 0), 20, NOON) == 5
    assert allowance(Standing(0, 0, 0), 1, NOON) == 1
