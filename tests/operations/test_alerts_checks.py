"""What nobody writes into a ledger: stops, reconciliations, disk; and what others lay into the spool."""

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ictcli.config.alerts import AlertsConfig
from ictcli.config.metrics import MetricsConfig
from ictcli.config.records import Config
from ictcli.errors import DataError, SourceUnavailable
from ictcli.operations.alerts import Acknowledgement, daily
from ictcli.operations.alerts_checks import look_around, stops
from ictcli.operations.alerts_spool import inbox, lay_acknowledgement, lay_alert
from ictcli.operations.alerts_unusual import unusual_alerts
from ictcli.operations.backup_log import Done, note
from ictcli.operations.notif_intake import Intake
from ictcli.operations.outbox import outbox
from ictcli.operations.outbox_listing import listing
from ictcli.reconcile.keeping import keeping
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from ictcli.trading.metrics import MetricHistory
from tests.operations.alert_desks import (
    DAY,
    MINUTE,
    NOON,
    SECOND,
    alert,
    alerts_config,
    desk_of,
    write_ledger,
)


def config_of(disk_low: int = 0) -> Config:
    """A configuration that looks at the disk as told."""
    return msgspec.structs.replace(Config(), alerts=AlertsConfig(disk_low=disk_low))


def made(state: Path) -> None:
    """The workspace was made at noon."""
    (state / "secret.key").touch()
    os.utime(state / "secret.key", ns=(NOON, NOON))


def test_a_stop_is_told_once_an_epoch_and_again_when_it_is_to_flatten(tmp_path: Path) -> None:
    latch = Latch(control_folder(tmp_path))
    assert stops(tmp_path, NOON) == []
    latch.engage("news", "anna", NOON)
    (first,) = stops(tmp_path, NOON)
    assert (first.severity, first.text) == ("critical", "the emergency stop is on: news")
    assert stops(tmp_path, NOON + DAY)[0].key == first.key
    latch.engage("news", "anna", NOON, flatten=True)
    assert stops(tmp_path, NOON)[0].key != first.key


def test_a_disk_that_fills_is_a_warning_and_then_critical(tmp_path: Path) -> None:
    assert look_around(tmp_path, config_of(disk_low=1), [], NOON) == []
    (low,) = look_around(tmp_path, config_of(disk_low=10**9), [], NOON)
    assert (low.kind, low.severity) == ("disk_low", "critical")
    free = int(low.text.rsplit(" ", 2)[1])
    (near,) = look_around(tmp_path, config_of(disk_low=free + 100), [], NOON)
    assert near.severity == "warning"
    assert look_around(tmp_path, config_of(disk_low=free // 2 + free // 4), [], NOON) == []


def test_reconciliations_that_did_not_end_clean_are_told_by_their_number(tmp_path: Path) -> None:
    with keeping(tmp_path) as kept:
        for number in range(2):
            run = kept.begin(NOON + number, "ledger", "paper", "broker")
            kept.fail(run, NOON + number, SourceUnavailable("nobody answers"))
        kept.begin(NOON + 9, "ledger", "paper", "broker")  # under way
        kept._raw.execute("UPDATE runs SET result = 'findings', roots = 3, error = '' WHERE run = 2")
    found = look_around(tmp_path, config_of(), [], NOON + DAY // 2)
    assert [(one.key, one.kind, one.text) for one in found] == [
        (
            f"reconcile:1:{NOON}", "reconcile_failed",
            "reconciliation 1 of ledger paper: failed: nobody answers",
        ),
        (f"reconcile:2:{NOON + 1}", "reconcile_findings", "reconciliation 2 of ledger paper has 3 findings"),
    ]  # fmt: skip
    with keeping(tmp_path) as kept:
        kept._raw.execute("UPDATE runs SET roots = 1 WHERE run = 2")
    assert look_around(tmp_path, config_of(), [], NOON + DAY // 2)[1].text.endswith(" has 1 finding")
    assert look_around(tmp_path, config_of(), [], NOON + 2 * DAY) == []


def test_a_ledger_that_nobody_reconciles_is_told_once_it_is_old_enough(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "ledger", now=NOON - 365 * DAY)
    made(tmp_path)
    assert look_around(tmp_path, config_of(), [ledger], NOON + DAY) == []
    stale, _backups = look_around(tmp_path, config_of(), [ledger], NOON + 2 * DAY)
    assert (stale.kind, stale.text) == (
        "reconcile_stale",
        "ledger paper was not reconciled for longer than 36h",
    )
    with keeping(tmp_path) as kept:
        run = kept.begin(NOON + 2 * DAY, "ledger", "paper", "broker")
        kept.fail(run, NOON + 2 * DAY, SourceUnavailable("x"))
        kept._raw.execute("UPDATE runs SET result = 'clean'")
    left = look_around(tmp_path, config_of(), [ledger], NOON + 2 * DAY + 1)
    assert [one.kind for one in left] == ["backup_overdue"]


def test_backups_that_are_late_are_told_once_there_is_something_to_lose(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "ledger", now=NOON - 365 * DAY)
    made(tmp_path)
    assert look_around(tmp_path, config_of(), [ledger], NOON + DAY) == []
    late = look_around(tmp_path, config_of(), [ledger], NOON + 2 * DAY)
    assert [(one.kind, one.text) for one in late if one.kind != "reconcile_stale"] == [
        ("backup_overdue", "never backed up; a restore was never tried")
    ]
    for what in ("create", "drill"):
        note(tmp_path, Done(what=what, at=NOON + DAY, name="b", ok=True, seconds=1.0))
    assert [one.kind for one in look_around(tmp_path, config_of(), [ledger], NOON + 2 * DAY)] == [
        "reconcile_stale"
    ]
    note(tmp_path, Done(what="create", at=NOON + DAY, name="", ok=False, seconds=1.0, error="disk full"))
    failed = look_around(tmp_path, config_of(), [], NOON + DAY)
    assert [one.text for one in failed] == ["the last try failed: disk full"]


def test_a_desk_of_which_only_a_backup_is_left_is_critical(tmp_path: Path) -> None:
    note(tmp_path, Done(what="drill", at=NOON, name="b", ok=True, seconds=1.0))
    for name, events in (("full", 40), ("empty", 0)):
        note(tmp_path, Done(what="create", at=NOON, name=name, ok=True, seconds=1.0, events=events))
    (gone,) = look_around(tmp_path, config_of(), [], NOON + 1)
    assert (gone.kind, gone.severity) == ("ledger_gone", "critical")
    assert gone.text == "no ledger is here, and full holds 40 events"
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "ledger.db").touch()  # one that nobody watches
    assert look_around(tmp_path, config_of(), [], NOON + 1) == []


def test_a_measurement_that_is_not_as_usual_is_judged_once_a_quarter_hour(tmp_path: Path) -> None:
    data, state = tmp_path / "data", tmp_path / "state"
    history = MetricHistory(data, 7, every=MINUTE)
    days, now = 3, NOON // (15 * MINUTE) * 15 * MINUTE
    rows = np.random.default_rng(3).normal(0.1, 0.01, days * 96)
    for number, value in enumerate(rows):
        at = now - (days * 96 - number) * 15 * MINUTE
        history.sample(at + MINUTE, {"order_ack_seconds": float(value)}, {})
    history.sample(now + MINUTE, {"order_ack_seconds": 9.0}, {})
    history.flush()
    config = MetricsConfig(false_alarm=0.01)
    (found,) = unusual_alerts(data, state, config, now + 16 * MINUTE)
    assert found.kind == "metric_unusual"
    assert found.text.startswith("account 7: order_ack_seconds was 9 from")
    assert unusual_alerts(data, state, config, now + 17 * MINUTE) == []


def test_the_spool_brings_alerts_and_acknowledgements_of_others_once(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, alerts_config(), {})
    intake = Intake(desk.state, desk.config, list)
    with outbox(desk.state, now=NOON) as box:
        for _ in range(3):
            lay_alert(desk.state, daily("metric_deviation", "warning", "twice as slow", NOON))
        lay_alert(desk.state, alert(2))
        assert intake.bring(box, NOON) == 2
        assert list(inbox(desk.state).iterdir()) == []
        lay_alert(desk.state, daily("metric_deviation", "warning", "still slow", NOON + SECOND))
        (other,) = (one.id for one in listing(desk.state) if one.kind == "test")
        lay_acknowledgement(desk.state, Acknowledgement((other,), "anna", "known", NOON))
        assert intake.bring(box, NOON) == 0
    assert [one.kind for one in listing(desk.state)] == ["metric_deviation"]


def test_a_file_of_the_spool_that_is_no_alert_is_put_aside_and_told(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, alerts_config(), {})
    inbox(desk.state).mkdir(parents=True)
    (inbox(desk.state) / "0-bad.json").write_text('{"type": "alert", "key": 7}')
    with outbox(desk.state, now=NOON) as box:
        intake = Intake(desk.state, desk.config, list)
        assert (intake.bring(box, NOON), intake.bring(box, NOON)) == (1, 0)
    assert [path.name for path in inbox(desk.state).iterdir()] == ["0-bad.refused"]
    assert listing(desk.state)[0].text == "0-bad.json is no alert"


@pytest.mark.skipif(os.name == "nt", reason="FIFOs are POSIX")
def test_a_fifo_in_the_spool_is_put_aside_and_holds_nothing_up(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, alerts_config(), {})
    lay_alert(desk.state, alert(2))
    os.mkfifo(inbox(desk.state) / "0-bad.json")
    with outbox(desk.state, now=NOON) as box:
        assert Intake(desk.state, desk.config, list).bring(box, NOON) == 2
    assert [one.text for one in listing(desk.state)] == ["0-bad.json is no alert", "number 2"]
    assert [path.name for path in inbox(desk.state).iterdir()] == ["0-bad.refused"]


def test_what_was_taken_in_without_a_channel_is_delivered_by_the_next_notifier(tmp_path: Path) -> None:
    mute, desk = desk_of(tmp_path, alerts_config(channels={}), {}), desk_of(tmp_path, alerts_config(), {})
    lay_alert(desk.state, alert(1))
    with outbox(desk.state, now=NOON) as box:
        Intake(mute.state, mute.config, list).bring(box, NOON)
        assert box.due("mail", NOON) == []
        Intake(desk.state, desk.config, list).bring(box, NOON + SECOND)
        assert [row.alert for row in box.due("mail", NOON + SECOND)] == [1]


def test_a_spool_that_cannot_be_written_is_told_to_whoever_lays_there(tmp_path: Path) -> None:
    (tmp_path / "alerts").write_text("in the way")
    with pytest.raises(DataError, match="cannot write"):
        lay_alert(tmp_path, alert(1))


def test_what_is_laid_down_is_for_its_owner_only(tmp_path: Path) -> None:
    lay_alert(tmp_path, alert(1))
    (path,) = inbox(tmp_path).iterdir()
    assert path.stat().st_mode & 0o077 == 0
