"""Who is told of an alert, who answers for it, and which alerts say the same."""

from ictcli.operations.alerts import (
    channels_of,
    daily,
    fingerprint,
    owner_of,
    severity_of,
    steps_to,
    tidied,
)
from tests.operations.alert_desks import DAY, NOON, alert, alerts_config, channel


def test_a_channel_takes_what_is_severe_enough_and_of_its_kinds_and_owner() -> None:
    config = alerts_config(
        channels={
            "all": channel(), "grave": channel(severity="critical"), "books": channel(kinds=("reconcile_*",)),
            "anna": channel(owner="anna"), "boss": channel(level=1),
        }
    )  # fmt: skip
    assert channels_of("halted", "critical", "operator", 0, config) == ["all", "grave"]
    assert channels_of("halted", "warning", "anna", 0, config) == ["all", "anna"]
    assert channels_of("reconcile_stale", "info", "operator", 0, config) == ["all", "books"]


def test_a_step_goes_to_its_own_level_and_without_one_to_all_below_again() -> None:
    config = alerts_config(channels={"mail": channel(), "phone": channel(level=1), "boss": channel(level=3)})
    steps = [steps_to("halted", "critical", "operator", step, config) for step in (1, 2, 3, 4)]
    assert steps == [["phone"], ["mail", "phone"], ["boss"], ["mail", "phone", "boss"]]


def test_escalation_leaves_the_owner_behind() -> None:
    config = alerts_config(channels={"anna": channel(owner="anna"), "boss": channel(owner="boss", level=1)})
    assert channels_of("halted", "critical", "anna", 0, config) == ["anna"]
    assert steps_to("halted", "critical", "anna", 1, config) == ["boss"]


def test_owner_and_severity_come_from_the_first_pattern_that_fits() -> None:
    config = alerts_config(
        owners={"reconcile_*": "back office", "critical": "head"}, severities={"broker_silent": "info"}
    )
    assert owner_of("reconcile_stale", "critical", config) == "back office"
    assert owner_of("halted", "critical", config) == "head"
    assert owner_of("disk_low", "warning", config) == "operator"
    assert severity_of(alert(1, kind="broker_silent", severity="critical"), config) == "info"
    assert severity_of(alert(1, kind="halted", severity="critical"), config) == "critical"


def test_a_state_that_lasts_is_one_alert_a_day_and_another_when_it_gets_worse() -> None:
    first = daily("disk_low", "warning", "full", NOON).key
    assert daily("disk_low", "warning", "fuller", NOON + 1).key == first
    others = (
        daily("disk_low", "critical", "full", NOON), daily("disk_low", "warning", "full", NOON + DAY),
        daily("disk_low", "warning", "full", NOON, "backup"),
    )  # fmt: skip
    assert len({first, *(one.key for one in others)}) == 4


def test_a_text_is_one_line_that_cannot_forge_the_header_of_a_mail() -> None:
    kept = tidied(alert(1, text="stop\r\nBcc: eve@example.com\x00 now", kind="a b\n"))
    assert kept.text == "stop Bcc: eve@example.com now"
    assert kept.kind == "ab"
    assert len(tidied(alert(1, text="x" * 5_000)).text) == 1_000


def test_alerts_say_the_same_whoever_counts_them() -> None:
    assert fingerprint(alert(1, text="a")) == fingerprint(alert(2, text="a", at=NOON + DAY))
    assert fingerprint(alert(1, text="a")) != fingerprint(alert(1, text="b"))
    assert fingerprint(alert(1, source="paper")) != fingerprint(alert(1, source="broker"))
