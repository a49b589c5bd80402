"""The outbox: taken in once, told once, tried again, and nothing lost when its writer ends anywhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ictcli.config.alerts import AlertsConfig
from ictcli.errors import Busy, DataError
from ictcli.operations.alerts import Acknowledgement
from ictcli.operations.outbox import Outbox, only_notifier, outbox
from ictcli.operations.outbox_listing import listing, summary
from ictcli.operations.outbox_rows import Position, Standing
from tests.operations.alert_desks import DAY, MINUTE, NOON, SECOND, alert, alerts_config, channel

QUIET = Standing(0, 0, 0)
CONFIG = alerts_config()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    """An empty outbox."""
    with outbox(tmp_path, now=NOON) as opened:
        yield opened


def tell(box: Outbox, now: int, name: str = "mail") -> list[int]:
    """Send all that is due as one message each; numbers of the alerts."""
    rows = box.due(name, now)
    for row in rows:
        box.sending(name, [row], QUIET, now)
        box.sent(name, [row], now)
    return [row.alert for row in rows]


def test_an_alert_of_a_key_is_taken_in_once(box: Outbox) -> None:
    assert box.take([alert(1), alert(2), alert(1, text="other words")], CONFIG, NOON) == 2
    assert box.take([alert(2), alert(3)], CONFIG, NOON) == 1
    assert tell(box, NOON) == [1, 2, 3]
    assert tell(box, NOON + DAY) == []


def test_every_channel_has_its_own_delivery(box: Outbox) -> None:
    config = alerts_config(channels={"mail": channel(), "phone": channel(severity="critical")})
    box.take([alert(1), alert(2, severity="critical")], config, NOON)
    assert (tell(box, NOON, "mail"), tell(box, NOON, "phone")) == ([1, 2], [2])


def test_a_position_is_kept_with_its_alerts_or_not_at_all(box: Outbox, tmp_path: Path) -> None:
    box.take([alert(1)], CONFIG, NOON, ("paper", Position(5, "mark")))
    assert box.position("paper") == Position(5, "mark")
    with pytest.raises(AttributeError):
        box.take([alert(2), None], CONFIG, NOON, ("paper", Position(9, "x")))  # type: ignore[list-item]
    assert box.position("paper") == Position(5, "mark")
    assert [one.key for one in listing(tmp_path)] == ["k1"]


def test_what_says_the_same_again_waits_and_is_due_together(box: Outbox) -> None:
    box.take([alert(1, text="again")], CONFIG, NOON)
    assert tell(box, NOON) == [1]
    for number in (2, 3, 4):
        box.take([alert(number, text="again")], CONFIG, NOON + number * MINUTE)
    assert box.due("mail", NOON + 14 * MINUTE) == []
    assert [row.alert for row in box.due("mail", NOON + 15 * MINUTE)] == [2, 3, 4]
    assert tell(box, NOON + 15 * MINUTE) == [2, 3, 4]
    box.take([alert(5, text="again")], CONFIG, NOON + 40 * MINUTE)
    assert tell(box, NOON + 40 * MINUTE) == [5]


def test_a_failure_is_due_again_when_it_was_put_off_to_and_says_why(box: Outbox, tmp_path: Path) -> None:
    box.take([alert(1)], CONFIG, NOON)
    (row,) = box.due("mail", NOON)
    box.sending("mail", [row], QUIET, NOON)
    blocked = Standing(1, NOON + MINUTE, 0)
    box.failed("mail", [(row, NOON + MINUTE)], "no such host", blocked, doubtful=False)
    assert box.standing("mail") == blocked
    assert box.due("mail", NOON + MINUTE - 1) == []
    assert tell(box, NOON + MINUTE) == [1]
    assert box.standing("mail").fails == 0
    (told,) = listing(tmp_path)[0].deliveries
    assert (told.state, told.tries, told.doubtful, told.error) == ("sent", 2, 0, "")


def test_what_was_on_its_way_when_the_writer_ended_is_due_and_doubtful(tmp_path: Path) -> None:
    with outbox(tmp_path, now=NOON) as box:
        box.take([alert(1), alert(2)], CONFIG, NOON)
        box.sending("mail", box.due("mail", NOON)[:1], QUIET, NOON)
    with outbox(tmp_path, now=NOON) as box:
        assert [(row.alert, row.doubtful) for row in box.due("mail", NOON)] == [(1, 1), (2, 0)]


def test_a_critical_alert_that_nobody_acknowledges_rises_step_by_step(box: Outbox) -> None:
    config = alerts_config(
        channels={"mail": channel(), "boss": channel(level=1)}, escalate_after="10m", escalate_steps=2
    )
    box.take([alert(1, severity="critical"), alert(2)], config, NOON)
    assert tell(box, NOON) == [1, 2]
    seen = []
    for minutes in range(0, 60, 5):
        now = NOON + minutes * MINUTE
        box.escalate(config, now)
        seen += [(minutes, name, number) for name in ("mail", "boss") for number in tell(box, now, name)]
    assert seen == [(10, "boss", 1), (20, "mail", 1), (20, "boss", 1)]


def test_alerts_that_came_before_any_channel_are_told_once_there_is_one(box: Outbox, tmp_path: Path) -> None:
    nobody = alerts_config(channels={}, escalate_after="10m", escalate_steps=2)
    box.take([alert(1, severity="critical"), alert(2), alert(3, severity="info"), alert(4)], nobody, NOON)
    for minutes in (10, 20, 30):
        box.escalate(nobody, NOON + minutes * MINUTE)
    box.acknowledge(Acknowledgement((4,), "anna", "known", NOON))
    assert box.catch_up(nobody, NOON + DAY) == 0
    some = alerts_config(
        channels={"mail": channel(severity="warning"), "boss": channel(level=1)},
        owners={"critical": "head of desk"}, escalate_after="10m", escalate_steps=2,
    )  # fmt: skip
    assert (box.catch_up(some, NOON + DAY), box.catch_up(some, NOON + DAY)) == (2, 0)
    assert tell(box, NOON + DAY) == [1, 2]
    assert listing(tmp_path)[0].owner == "head of desk"
    box.escalate(some, NOON + DAY + 9 * MINUTE)
    assert tell(box, NOON + DAY + 9 * MINUTE, "boss") == []
    box.escalate(some, NOON + DAY + 10 * MINUTE)
    assert tell(box, NOON + DAY + 10 * MINUTE, "boss") == [1]


def test_an_acknowledgement_ends_telling_and_rising(box: Outbox, tmp_path: Path) -> None:
    box.take([alert(1, severity="critical"), alert(2)], CONFIG, NOON)
    said = Acknowledgement((1, 2, 99), "anna", "known", NOON + SECOND)
    assert box.acknowledge(said) == [1, 2]
    assert box.acknowledge(said) == []
    assert box.escalate(CONFIG, NOON + DAY) == 0
    assert tell(box, NOON + DAY) == []
    assert listing(tmp_path) == []
    first = listing(tmp_path, everything=True)[0]
    assert (first.acked, first.acked_by, first.reason) == (NOON + SECOND, "anna", "known")
    assert first.deliveries[0].state == "dropped"


def test_old_alerts_go_once_nothing_is_left_to_do(box: Outbox, tmp_path: Path) -> None:
    box.take([alert(1, severity="critical"), alert(2), alert(3), alert(4, severity="critical")], CONFIG, NOON)
    for row in box.due("mail", NOON):
        if row.alert != 3:
            box.sending("mail", [row], QUIET, NOON)
            box.sent("mail", [row], NOON)
    box.acknowledge(Acknowledgement((4,), "anna", "known", NOON))
    assert box.forget(NOON) == 0
    assert box.forget(NOON + 1) == 2
    assert [one.id for one in listing(tmp_path, everything=True)] == [1, 3]


def test_the_summary_counts_what_waits_and_what_nobody_acknowledged(box: Outbox, tmp_path: Path) -> None:
    box.take([alert(1, severity="critical"), alert(2), alert(3)], CONFIG, NOON)
    first, *_ = box.due("mail", NOON)
    box.sending("mail", [first], QUIET, NOON)
    box.failed("mail", [(first, NOON)], "not taken", QUIET, doubtful=False)
    found = summary(tmp_path)
    assert found.unacknowledged == {"info": 0, "warning": 2, "critical": 1}
    assert (found.waiting, found.failed, found.oldest) == (3, 1, NOON)
    tell(box, NOON)
    assert (summary(tmp_path).waiting, summary(tmp_path).oldest) == (0, NOON), "told, and not acknowledged"
    box.acknowledge(Acknowledgement((1, 2, 3), "anna", "known", NOON))
    assert summary(tmp_path).oldest is None


def test_a_workspace_without_an_outbox_has_nothing_to_list(tmp_path: Path) -> None:
    assert listing(tmp_path) == []
    assert summary(tmp_path).waiting == 0
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_takes_nothing_in_by_halves_and_all_of_it_later(box: Outbox, tmp_path: Path) -> None:
    box._raw.execute("PRAGMA max_page_count = 16")
    many = [alert(number, text="x" * 900 + str(number)) for number in range(100)]
    with pytest.raises(DataError, match="full"):
        box.take(many, CONFIG, NOON, ("paper", Position(100, "mark")))
    assert (listing(tmp_path), box.position("paper").number) == ([], 0)
    box._raw.execute("PRAGMA max_page_count = 100000")
    assert box.take(many, CONFIG, NOON, ("paper", Position(100, "mark"))) == 100


def test_there_is_one_writer(tmp_path: Path) -> None:
    refused = pytest.raises(Busy, match="the outbox is being delivered by pid")
    with only_notifier(tmp_path, now=NOON), refused, only_notifier(tmp_path, now=NOON):
        pass


def test_a_damaged_outbox_or_one_of_a_later_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with outbox(tmp_path, now=NOON) as box:
        box._raw.execute("PRAGMA user_version = 9")
    for look in (lambda: listing(tmp_path), lambda: summary(tmp_path)):
        with pytest.raises(DataError, match="later version"):
            look()
    (tmp_path / "outbox.db").write_bytes(b"no database at all" * 99)
    with pytest.raises(DataError, match="not a database") as caught, outbox(tmp_path, now=NOON):
        pass
    assert "move it away" in caught.value.hint


def test_the_outbox_is_for_its_owner_only(tmp_path: Path) -> None:
    with outbox(tmp_path, now=NOON):
        assert (tmp_path / "outbox.db").stat().st_mode & 0o077 == 0


def test_ten_thousand_alerts_are_taken_in_within_seconds(box: Outbox) -> None:
    many: list[Any] = [alert(number) for number in range(10_000)]
    config: AlertsConfig = CONFIG
    assert box.take(many, config, NOON) == 10_000
    assert len(box.due("mail", NOON)) == 5_000
