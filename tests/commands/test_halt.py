"""``ictcli halt`` and ``resume``: the real program, with everything else broken."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.clock import monotonic
from ictcli.commands.halting import text
from ictcli.ledger.address import find_place, paper_place
from ictcli.ledger.bodies import Mode, ModeSet, Resumed, Start
from ictcli.ledger.chain import read_key
from ictcli.ledger.journal import open_journal
from ictcli.trading.latch import Latch
from ictcli.trading.lock import Trader, only_trader
from ictcli.trading.spool import waiting
from ictcli.workspace import create
from tests.ledger.stories import NOW, intent, sent, start
from tests.operations.desks import keep_terminal

_TRADER = """
    import os, sys, time
    from pathlib import Path
    from ictcli.trading.acknowledgement import Acknowledgement, acknowledge
    from ictcli.trading.latch import Latch
    from ictcli.trading.lock import Trader, only_trader
    control = Path(sys.argv[1])
    latch = Latch(control)
    with only_trader(control, Trader(7, "", "paper", os.getpid(), time.time_ns())):
        print("up", flush=True)
        while (halt := latch.halt()) is None:
            time.sleep(0.005)
        acknowledge(control, Acknowledgement(halt.epoch, 7, time.time_ns(), "done", cancelled=3))
        time.sleep(30)
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, which is the current directory."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    return tmp_path


@contextmanager
def trader(desk: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that trades account 7 and answers a stop."""
    code = [sys.executable, "-c", textwrap.dedent(_TRADER), str(desk / "state" / "control")]
    process = subprocess.Popen(code, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def halted(desk: Path) -> str | None:
    return Latch(desk / "state" / "control").reason()


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_halt_sets_the_stop_and_resume_lifts_it_with_a_reason(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["halt", "--reason", "news", "--json"]) == 0
    found = document(capsys)
    assert (found["halted"], found["reason"], found["flatten"], found["accounts"]) == (
        True,
        "news",
        False,
        [],
    )
    assert halted(desk) == "news"
    assert run(["resume", "--json"]) == 2
    assert document(capsys)["error"]["code"] == 2
    assert halted(desk) == "news"
    assert run(["resume", "--reason", "over", "--json"]) == 0
    lifted = document(capsys)["lifted"]
    assert (lifted["reason"], lifted["released"]) == ("news", "over")
    assert halted(desk) is None
    assert run(["resume", "--reason", "again", "--json"]) == 0
    assert document(capsys)["lifted"] is None


def test_people_are_told_what_holds_and_how_to_lift_it(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["halt"]) == 0
    shown = capsys.readouterr().out
    assert "halted by hand" in shown
    assert "nothing to cancel" in shown
    assert "ictcli resume --reason" in shown


def test_a_second_stop_keeps_the_first_reason_and_says_so(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["halt", "--reason", "first"]) == 0
    assert run(["halt"]) == 0
    assert "before" not in capsys.readouterr().err
    assert run(["halt", "--reason", "second"]) == 0
    told = capsys.readouterr().err
    assert "halted: first" in told
    assert "it was halted before, and keeps that reason; in the log stays: second" in told


def test_a_trader_that_answers_is_heard_at_once(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with trader(desk):
        began = monotonic()
        assert run(["halt", "--json"]) == 0
        assert monotonic() - began < 2
    (account,) = document(capsys)["accounts"]
    assert (account["account"], account["cleared_by"], account["cancelled"]) == (7, "trader", 3)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_trader_that_is_stopped_does_not_keep_the_stop_from_holding(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with trader(desk) as process:
        os.kill(process.pid, signal.SIGSTOP)
        assert run(["halt", "--json"]) == 0
    (account,) = document(capsys)["accounts"]
    assert (account["running"], account["cleared_by"]) == (True, "nobody")
    nobody = account | {"note": ""}
    assert text({"reason": "x", "by": "me", "since": "now", "accounts": [nobody]}).splitlines()[1] == (
        "account 7: nobody could cancel or close anything"
    )
    assert "nothing is sent any more" in account["note"]
    assert halted(desk) is not None


def test_a_locked_ledger_is_in_nobodys_way(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = desk / "state" / "ledger" / "ledger.db"
    ledger.parent.mkdir(parents=True)
    with closing(sqlite3.connect(ledger, isolation_level=None)) as holder:
        holder.execute("CREATE TABLE t (x)")
        holder.execute("BEGIN EXCLUSIVE")
        assert run(["halt"]) == 0
    assert halted(desk) is not None


def test_an_invalid_configuration_is_told_of_after_the_stop_is_set(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "config" / "ictcli.toml").write_text('[data]\nstate = "elsewhere"\nunknown_key = 1\n')
    assert run(["halt"]) == 4
    assert "the stop is set" in capsys.readouterr().err
    assert Latch(desk / "elsewhere" / "control").reason() is not None
    (desk / "config" / "ictcli.toml").write_text("[data")
    assert run(["halt"]) == 4
    assert halted(desk) is not None


def test_a_broker_that_is_not_configured_is_named_after_the_stop_is_set(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["halt", "--broker", "nobody"]) == 4
    assert "no broker 'nobody'" in capsys.readouterr().err
    assert halted(desk) is not None


def test_a_bridge_that_does_not_answer_is_unreachable_and_the_stop_holds(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ICTCLI_BRIDGE_TOKEN", "a-token-of-no-use-0123456789abcdef")
    config = desk / "config" / "ictcli.toml"
    config.write_text('[brokers.live]\nterminal = "bridge"\nport = 9\n[trade]\nbroker = "live"\n')
    assert run(["halt", "--json"]) == 6
    found = document(capsys)
    assert found["accounts"][0]["error"]
    assert halted(desk) is not None


def test_the_real_program_halts_and_lets_go_again(desk: Path) -> None:
    program = [sys.executable, "-m", "ictcli"]
    subprocess.run([*program, "halt", "--reason", "drill"], check=True, capture_output=True)
    assert halted(desk) == "drill"
    subprocess.run([*program, "resume", "--reason", "drill over"], check=True, capture_output=True)
    assert halted(desk) is None


def test_a_paper_order_whose_outcome_is_unknown_is_listed_and_exits_with_8(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_journal(paper_place(desk / "state"), now=NOW, durable=False) as journal:
        journal.append([start(account=1), intent("lost"), sent("lost")], NOW)
    with only_trader(desk / "state" / "control", Trader(1, "", "paper", os.getpid(), NOW)):
        pass
    for _ in range(2):
        assert run(["halt", "--flatten", "--json"]) == 8
        told = capsys.readouterr()
        (account,) = json.loads(told.out)["accounts"]
        assert (account["unknown"], account["resting"]) == (["lost"], [])
        assert "--once" in told.err
    assert run(["halt"]) == 8
    assert "outcome unknown of lost" in capsys.readouterr().out


BREAKER = "breaker: 5 orders in a row were refused"


def restricted(desk: Path, mode: Mode, reason: str) -> None:
    """A paper trader was restricted."""
    begun = Start(
        run="r", epoch=1, mode="paper", account=7, server="s", currency="USD", version="1", config="c",
        strategies=(),
    )  # fmt: skip
    with open_journal(paper_place(desk / "state"), now=1) as journal:
        journal.append([begun, ModeSet(mode=mode, reason=reason)], 1)
    keep_terminal(desk / "state" / "paper" / "terminal.bin")


def test_resume_lays_down_for_the_trader_that_a_breaker_is_lifted(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    restricted(desk, "reducing", BREAKER)
    assert run(["status"]) == 0
    assert f"reducing: {BREAKER}" in capsys.readouterr().out
    assert run(["resume", "--reason", " margin was added "]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"lifted: {BREAKER} (account 7; its trader")
    assert "no stop was on" not in shown
    ((spooled,), refused) = waiting(desk / "state" / "spool" / "7", read_key(desk / "state" / "secret.key"))
    assert refused == []
    assert spooled.bodies == (Resumed(lifted=BREAKER, reason="margin was added", by=spooled.by),)
    assert run(["resume", "--reason", "again", "--json"]) == 0
    (breaker,) = document(capsys)["breakers"]
    assert breaker == {"ledger": "paper", "account": 7, "mode": "reducing", "reason": BREAKER}


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("reducing", "account: position 5 is not the broker's"),
        ("halted", "invariants: a fill without an intent"),
    ],
)
def test_resume_does_not_lift_what_ends_with_its_cause_and_says_so(
    desk: Path, capsys: pytest.CaptureFixture[str], mode: Mode, reason: str
) -> None:
    restricted(desk, mode, reason)
    assert run(["resume", "--reason", "I looked"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "no stop was on",
        f"not lifted: {mode}, {reason} (account 7)",
    ]
    assert not (desk / "state" / "spool").exists()


def test_resume_lifts_the_stop_also_beside_a_damaged_ledger(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["halt", "-q"]) == 0
    ledger = desk / "state" / "paper" / "ledger" / "ledger.db"
    ledger.parent.mkdir(parents=True)
    ledger.write_bytes(b"no database" * 1000)
    assert run(["resume", "--reason", "over"]) == 0
    assert "whether a breaker holds in the paper ledger is not known" in capsys.readouterr().err
    assert halted(desk) is None


def test_a_secret_typed_into_a_reason_is_kept_nowhere(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESK_PASSWORD", "canary-of-a-desk")
    said = "login canary-of-a-desk failed, token=abcdef0123, told broker"
    assert run(["halt", "--reason", said]) == 0
    assert halted(desk) == "login *** failed, token=***, told broker"
    assert run(["resume", "--reason", said]) == 0
    out = "".join(capsys.readouterr())
    kept = [path.read_bytes() for path in (desk / "state").rglob("*") if path.is_file()]
    for secret in ("canary-of-a-desk", "abcdef0123"):
        assert secret not in out
        assert not any(secret.encode() in data for data in kept)


def test_a_secret_in_a_reason_is_masked_where_the_configuration_is_invalid(desk: Path) -> None:
    (desk / "config" / "ictcli.toml").write_text("nonsense")
    assert run(["halt", "--reason", "password=hunter2hunter2"]) == 4
    assert halted(desk) == "password=***"


def test_a_paper_account_that_nobody_noted_is_told_by_its_ledger(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_journal(paper_place(desk / "state"), now=NOW, durable=False) as journal:
        journal.append([start(account=1), intent("a"), sent("a")], NOW)
    assert run(["halt", "--flatten", "--json"]) == 8
    (account,) = document(capsys)["accounts"]
    assert (account["account"], account["mode"], account["unknown"]) == (1, "paper", ["a"])


def test_an_account_at_a_broker_that_nobody_can_reach_is_no_success(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_journal(find_place(desk / "state", {}), now=NOW, durable=False) as journal:
        journal.append([start()], NOW)
    assert run(["halt", "--flatten"]) == 6
    assert "no table of brokers has its login" in capsys.readouterr().err
    assert halted(desk) is not None


def test_a_ledger_that_cannot_tell_does_not_keep_the_stop_from_holding(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = desk / "state" / "ledger" / "ledger.db"
    ledger.parent.mkdir(parents=True, exist_ok=True)
    ledger.write_bytes(b"no database" * 999)
    assert run(["halt"]) == 0
    assert "a ledger cannot tell whose account was traded" in capsys.readouterr().err
    assert halted(desk) is not None


def test_a_paper_ledger_that_is_emptied_or_gone_is_told_and_the_stop_holds(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = paper_place(desk / "state")
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start(account=1)], NOW)
    keep_terminal(place.traces[0])
    with only_trader(desk / "state" / "control", Trader(1, "", "paper", os.getpid(), NOW)):
        pass
    assert place.address.file is not None
    place.address.file.write_bytes(b"")
    assert run(["halt", "--flatten"]) == 5
    assert "the file is there and holds nothing" in capsys.readouterr().err
    shutil.rmtree(place.address.file.parent)
    assert run(["halt", "--flatten"]) == 5
    assert "terminal.bin knows of its account" in capsys.readouterr().err
    shutil.rmtree(desk / "state" / "paper")
    assert run(["halt", "--flatten"]) == 0
    assert "what its terminal kept is not known" in capsys.readouterr().err
    assert halted(desk) is not None
