"""``ictcli alerts``: what an operator sees of alerts, and how a dead trader is found."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.clock import now_ns
from ictcli.ledger.address import paper_place
from ictcli.ledger.bodies import Alerted
from ictcli.ledger.journal import open_journal
from ictcli.operations.alerts import Acknowledgement
from ictcli.operations.alerts_spool import inbox, lay_alert
from ictcli.operations.outbox import is_delivered, only_notifier
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from ictcli.trading.lock import Trader, only_trader
from ictcli.trading.pulse import Pulse, pulse_file
from ictcli.workspace import create, template
from tests.operations.alert_desks import MINUTE, SECOND, alert, free_port, mail_url, start

DISK = "disk_low = 0\n"
MAIL = DISK + 'channels.mail.url_env = "DESK_MAIL"\n'
PING = DISK + 'ping_env = "DESK_PING"\n'


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, which is the current directory."""
    create(tmp_path)
    configure(tmp_path, DISK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    return tmp_path


def configure(desk: Path, text: str) -> None:
    """The shipped configuration with this in its table of alerts."""
    shipped = template("ictcli.toml")
    assert "\n[alerts]\n" in shipped
    (desk / "config" / "ictcli.toml").write_text(
        shipped.replace("\n[alerts]\n", f"\n[alerts]\n{text}"), "utf-8"
    )


def asked(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    """The document of `ictcli alerts ... --json`."""
    assert run(["alerts", *words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def written(desk: Path, *texts: str) -> None:
    """The paper ledger with a critical alert for each text."""
    with open_journal(paper_place(desk / "state"), now=now_ns()) as journal:
        journal.append([start()], now_ns())
        for text in texts:
            journal.append([Alerted(severity="critical", code="no_stop", text=text)], now_ns())


def test_what_a_ledger_tells_is_listed_until_somebody_takes_care(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["alerts", "list"]) == 0
    assert capsys.readouterr().out == "nothing waits for anybody\n"
    written(desk, "position 5 has no stop", "position 6 has no stop")
    assert run(["alerts", "list"]) == 0
    shown = capsys.readouterr().out
    assert "critical" in shown
    assert "position 5 has no stop" in shown
    assert "no channel is for it" in shown
    assert run(["alerts", "ack", "1", "--reason", "set by hand"]) == 0
    assert capsys.readouterr().out == "acknowledged 1 alert\n"
    assert [one["id"] for one in asked(capsys, "list")["alerts"]] == [2]
    first = asked(capsys, "list", "--all")["alerts"][0]
    assert (first["text"], first["reason"], first["source"]) == (
        "position 5 has no stop",
        "set by hand",
        "paper",
    )
    assert asked(capsys, "ack", "--all", "--reason", "done")["acknowledged"] == [2]
    assert asked(capsys, "list")["unacknowledged"] == {"info": 0, "warning": 0, "critical": 0}


def test_a_long_list_says_what_it_leaves_out(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(5):
        lay_alert(desk / "state", alert(number, at=number))
    assert run(["alerts", "list", "--last", "2"]) == 0
    shown = capsys.readouterr().out
    assert "3 older ones wait for somebody as well" in shown
    assert "number 4" in shown
    assert "number 1" not in shown


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["ack", "--reason", "x"], 2, "say which alerts"),
        (["ack", "1", "--all", "--reason", "x"], 2, "say which alerts"),
        (["ack", "9", "--reason", "x"], 2, "no alert has the number 9"),
        (["ack", "1"], 2, "--reason"),
        (["ack", "1", "--reason", "  "], 2, "--reason is empty"),
        (["ack", "0", "--reason", "x"], 2, "0 is not in the range"),
        (["test", "phone"], 2, "no channel is called 'phone'"),
        (["send"], 4, "no channel is configured"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_next_step(
    desk: Path, words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["alerts", *words]) == code
    assert said in capsys.readouterr().err


def test_beside_a_notifier_an_acknowledgement_is_left_for_it(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_alert(desk / "state", alert(1))
    asked(capsys, "list")
    with only_notifier(desk / "state", now=now_ns()):
        assert run(["alerts", "ack", "1", "--reason", "known"]) == 0
        assert "takes this over within a second" in capsys.readouterr().err
        assert [one["id"] for one in asked(capsys, "list")["alerts"]] == [1]
        assert len(list(inbox(desk / "state").glob("*-ack-*.json"))) == 1
    assert asked(capsys, "list")["alerts"] == []
    assert Acknowledgement.__struct_fields__ == ("ids", "by", "reason", "at")


def test_a_channel_that_is_down_is_exit_6_and_its_address_is_nowhere(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(desk, MAIL)
    monkeypatch.setenv("DESK_MAIL", mail_url(free_port()))
    lay_alert(desk / "state", alert(1))
    assert run(["alerts", "send"]) == 6
    said = capsys.readouterr()
    assert said.out == "new alerts: 1; messages sent: 0, alerts in them: 0; still waiting: 1\n"
    assert "not delivered: mail: connection refused" in said.err
    assert run(["alerts", "list"]) == 0
    shown = capsys.readouterr()
    assert "mail: tried 1 times, connection refused" in shown.out
    kept = (desk / "state" / "outbox.db").read_bytes().decode("latin-1")
    assert "canary" not in said.err + shown.out + shown.err + kept


def alive(desk: Path, age: int) -> None:
    """The heartbeat of account 7, so old."""
    Pulse(pulse_file(control_folder(desk / "state"), 7)).beat(now_ns() - age)


def test_the_watch_is_content_with_a_trader_that_lives_and_with_none(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["alerts", "watch"]) == 0
    assert capsys.readouterr().out == "nobody has traded here\n"
    with only_trader(control_folder(desk / "state"), Trader(7, "", "paper", 1, now_ns() - MINUTE)):
        alive(desk, 5 * SECOND)
        found = asked(capsys, "watch")
    assert (found["dead"], found["accounts"][0]["life"], found["pinged"]) == (0, "alive", None)


def test_a_silent_trader_is_exit_3_an_alert_and_a_stop_if_asked(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with only_trader(control_folder(desk / "state"), Trader(7, "", "live", 1, now_ns() - 60 * MINUTE)):
        alive(desk, 10 * MINUTE)
        assert run(["alerts", "watch"]) == 3
        assert "its trader runs and gives no heartbeat since" in capsys.readouterr().out
        assert Latch(control_folder(desk / "state")).halt() is None
        found = asked(capsys, "watch", "--halt", code=3)
    assert (found["dead"], found["halted"], found["pinged"]) == (1, True, None)
    halt = Latch(control_folder(desk / "state")).halt()
    assert halt is not None
    assert halt.reason == "no heartbeat of the trader of account 7"
    kinds = [one["kind"] for one in asked(capsys, "list")["alerts"]]
    assert sorted(kinds) == ["halted", "trader_silent"]


def test_a_dead_trader_without_anything_open_is_no_reason_to_stop(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(desk)
    with only_trader(control_folder(desk / "state"), Trader(7, "", "paper", 1, now_ns() - MINUTE)):
        pass
    found = asked(capsys, "watch", "--halt", code=3)
    assert (found["accounts"][0]["life"], found["halted"]) == ("gone", False)


def test_an_account_that_was_never_traded_is_told_of_and_stops_nothing(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(desk, "expected = [7]\n")
    found = asked(capsys, "watch", "--halt", code=3)
    assert (found["accounts"][0]["life"], found["halted"]) == ("absent", False)
    assert Latch(control_folder(desk / "state")).halt() is None


def test_no_ping_goes_out_while_something_is_wrong(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(desk, PING)
    monkeypatch.setenv("DESK_PING", f"http://127.0.0.1:{free_port()}/canary")
    assert run(["alerts", "watch"]) == 6
    said = capsys.readouterr().err
    assert "the address in DESK_PING cannot be reached" in said
    assert "canary" not in said
    configure(desk, PING + "expected = [12]\n")
    assert run(["alerts", "watch"]) == 3
    assert "it must be traded, and never was" in capsys.readouterr().out


def test_a_notifier_that_hangs_is_found_by_the_watch(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(desk, MAIL)
    monkeypatch.setenv("DESK_MAIL", mail_url(free_port()))
    with only_notifier(desk / "state", now=now_ns()):
        assert run(["alerts", "watch"]) == 3
        assert "the notifier holds the outbox and gives no heartbeat" in capsys.readouterr().err
        pulse = Pulse(desk / "state" / "alerts" / "notifier.pulse")
        pulse.beat(now_ns())
        assert run(["alerts", "watch"]) == 0


def test_two_that_a_timetable_begins_in_the_same_minute_follow_each_other(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(desk, MAIL)
    monkeypatch.setenv("DESK_MAIL", mail_url(free_port()))
    ready, done = threading.Event(), threading.Event()

    def other() -> None:
        with only_notifier(desk / "state", now=now_ns()):
            ready.set()
            done.wait(0.3)

    for command in ("send", "watch"):
        ready.clear()
        thread = threading.Thread(target=other)
        thread.start()
        assert ready.wait(10.0)
        assert run(["alerts", command]) == 0
        thread.join()
    assert is_delivered(desk / "state") is False


def test_a_ledger_that_is_gone_is_critical(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(desk)
    paper_place(desk / "state").address.file.unlink()  # type: ignore[union-attr]
    found = asked(capsys, "list")
    assert ("ledger_unreadable", "critical") in [(one["kind"], one["severity"]) for one in found["alerts"]]
