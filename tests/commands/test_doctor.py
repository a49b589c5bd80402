"""``ictcli doctor``: a row per check, a fix per problem, exit 3 when one fails."""

import errno
import json
import os
import platform
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli import health
from ictcli.__main__ import run
from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE, now_ns
from ictcli.ledger.address import paper_place
from ictcli.ledger.chain import KEPT_ELSEWHERE
from ictcli.ledger.faults import NoLedger
from ictcli.ledger.journal import open_journal
from ictcli.market.bars import SeriesKey, make_bars
from ictcli.market.timeframes import parse_timeframe
from ictcli.session import Session
from ictcli.store.store import Store
from ictcli.trading.control import control_folder
from ictcli.trading.lock import Trader, only_trader
from ictcli.versions import package_versions
from ictcli.workspace import create
from tests.ledger.stories import NOW, start
from tests.operations.desks import desk as made_desk
from tests.operations.desks import keep_terminal, tell


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh workspace as the current directory."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def traded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with two ledgers as the current directory."""
    folder = made_desk(tmp_path / "traded").folder
    shutil.rmtree(folder / "state" / "replay")
    shutil.rmtree(folder / "data")
    monkeypatch.chdir(folder)
    return folder


def checks(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """Rows of the document by check."""
    document = json.loads(capsys.readouterr().out)
    return {row["check"]: row for row in document["checks"]}


def test_a_fresh_workspace_is_healthy(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    rows = checks(capsys)
    assert list(rows) == list(health.CHECKS)
    assert {row["state"] for row in rows.values()} <= {"ok", "skip", "warn"}


def test_every_row_that_is_not_well_says_what_to_do(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (desk / "config" / "ictcli.toml").open("a") as file:
        file.write('[brokers.desk]\nterminal = "bridge"\nport = 1\n')
    run(["doctor", "--json"])
    rows = list(checks(capsys).values())
    (desk / "config" / "ictcli.toml").write_text("[acount]\n")
    run(["doctor", "--json"])
    rows += checks(capsys).values()
    assert {row["state"] for row in rows} == {"ok", "warn", "skip", "fail"}
    assert [row["check"] for row in rows if row["state"] != "ok" and not row["fix"]] == []


def test_a_log_folder_that_cannot_be_written_fails(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["doctor", "--json"])
    assert checks(capsys)["logs"]["state"] == "ok"
    shutil.rmtree(desk / "state" / "logs")
    (desk / "state" / "logs").write_text("in the way")
    assert run(["doctor", "--json"]) == 3
    row = checks(capsys)["logs"]
    assert (row["state"], row["detail"]) == ("fail", f"{desk}/state/logs: is a file")


def test_a_port_for_metrics_needs_a_token_and_is_asked_where_a_trader_runs(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("prometheus_client", reason="needs the extra `operate`")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("ICTCLI_METRICS__PORT", str(port))
        run(["doctor", "--json"])
        assert "no secret in ICTCLI_METRICS_TOKEN" in checks(capsys)["metrics"]["detail"]
        monkeypatch.setenv("ICTCLI_METRICS_TOKEN", "short")
        run(["doctor", "--json"])
        assert checks(capsys)["metrics"]["state"] == "warn"
        monkeypatch.setenv("ICTCLI_METRICS_TOKEN", "a-token-that-is-long-enough")
        with only_trader(control_folder(desk / "state"), Trader(1, "", "paper", os.getpid(), now_ns())):
            run(["doctor", "--json"])
            assert "a trader answers" in checks(capsys)["metrics"]["detail"]
            server.close()
            run(["doctor", "--json"])
            assert f"nothing answers on port {port}" in checks(capsys)["metrics"]["detail"]


def test_people_get_a_table(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    assert capsys.readouterr().out.startswith("check ")


def test_an_invalid_config_fails_its_row_and_skips_what_needs_it(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "config" / "ictcli.toml").write_text("[acount]\n")
    assert run(["doctor", "--json"]) == 3
    captured = capsys.readouterr()
    rows = {row["check"]: row for row in json.loads(captured.out)["checks"]}
    assert (rows["config"]["state"], rows["config"]["fix"]) == ("fail", "Did you mean 'account'?")
    assert rows["workspace"]["state"] == "skip"
    assert rows["python"]["state"] == "ok"
    assert "found: failed: config" in captured.err


def test_a_damaged_store_fails_with_a_fix(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = desk / "data" / "bars" / "source=a" / "symbol=EURUSD" / "timeframe=M1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{")
    assert run(["doctor", "--json"]) == 3
    row = checks(capsys)["store"]
    assert row["state"] == "fail"
    assert "manifest.json" in row["detail"]
    assert row["fix"]


@pytest.mark.skipif(os.name == "nt", reason="lock holders are not told on Windows")
def test_a_lock_is_shown_while_its_holder_lives(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    locks = desk / "state" / "locks"
    locks.mkdir()
    (locks / "bars@a@EURUSD@M1.lock").write_text(
        json.dumps({"pid": os.getpid(), "host": "here", "since": "2026-01-01T00:00:00Z"})
    )
    (locks / "bars@a@EURUSD@M5.lock").write_text("{}")
    run(["doctor", "--json"])
    expected = f"bars@a@EURUSD@M1 by pid {os.getpid()} since 2026-01-01T00:00:00Z"
    assert checks(capsys)["locks"]["detail"] == expected


def test_a_cache_that_cannot_be_written_is_a_warning_with_a_fix(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "file").write_text("in the way")
    monkeypatch.setenv("ICTCLI_CACHE_DIR", str(desk / "file" / "cache"))
    assert run(["doctor", "--json"]) == 0
    row = checks(capsys)["kernel cache"]
    assert (row["state"], row["fix"][:20]) == ("warn", "Set ICTCLI_CACHE_DIR")


def test_a_clock_before_the_release_fails(desk: Path) -> None:
    session = Session(["doctor"], dict(os.environ))
    session.now = 0
    rows = {row.check: row for row in health.examine(session)}
    assert rows["clock"].state == "fail"
    assert "1970-01-01" in rows["clock"].detail


def test_a_ledger_without_its_key_is_a_failure(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "state" / "secret.key").unlink()
    run(["doctor", "--json"])
    assert checks(capsys)["secrets"]["state"] == "skip"
    (desk / "state" / "anchors.log").write_text("")
    assert run(["doctor", "--json"]) == 3
    found = checks(capsys)["secrets"]
    assert (found["state"], found["fix"]) == ("fail", KEPT_ELSEWHERE)


def test_a_check_that_breaks_becomes_a_row_of_its_own(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(session: Session) -> tuple[health.State, str, str]:
        raise ZeroDivisionError("planted")

    monkeypatch.setitem(health.CHECKS, "planted", breaks)
    row = health.examine(Session([], dict(os.environ)))[-1]
    assert (row.check, row.state, row.detail) == ("planted", "fail", "ZeroDivisionError: planted")


def store_bars(desk: Path, last: int) -> Path:
    """One stored series of two bars, the second opening at ``last``; returns its folder."""
    ts = np.array([last - NS_PER_MINUTE, last], np.int64)
    flat = np.array([100, 100], np.int64)
    store = Store(desk / "data", desk / "state", NS_PER_DAY)
    key = SeriesKey("broker", "EURUSD", parse_timeframe("M1"))
    with store.writer(key, {}) as writer:
        writer.add(make_bars(5, ts, ts + NS_PER_MINUTE, (flat, flat, flat, flat)))
        writer.commit(lambda ts, ts_close: [])
    return store.folder(key)


@pytest.mark.parametrize(
    ("ago", "check", "state", "words"),
    [
        (NS_PER_DAY, "freshness", "ok", "1 series"),
        (30 * NS_PER_DAY, "freshness", "warn", "no bar in 7 days: broker/EURUSD/M1"),
        (-3 * NS_PER_DAY, "clock", "warn", "but bars reach"),
        (NS_PER_DAY, "store", "ok", "1 files read, content as their manifests say"),
    ],
)
def test_the_age_of_the_data_is_judged(
    ago: int, check: str, state: str, words: str, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "config" / "ictcli.toml").write_text('[sources.broker]\nkind = "file"\npath = "x.csv"\n')
    store_bars(desk, (now_ns() - ago) // NS_PER_MINUTE * NS_PER_MINUTE)
    run(["doctor", "--json"])
    row = checks(capsys)[check]
    assert row["state"] == state
    assert words in row["detail"]


@pytest.mark.parametrize(("how", "words"), [("lost", "is missing"), ("flipped", "its hash differs")])
def test_a_lost_or_flipped_part_file_is_found(
    how: str, words: str, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = store_bars(desk, now_ns() // NS_PER_MINUTE * NS_PER_MINUTE - NS_PER_DAY)
    path = next(folder.rglob("*.parquet"))
    content = path.read_bytes()
    path.unlink() if how == "lost" else path.write_bytes(content[:80] + b"?" + content[81:])
    assert run(["doctor", "--json"]) == 3
    row = checks(capsys)["store"]
    assert words in row["detail"]
    assert "broker/EURUSD/M1" in row["detail"]
    assert "ictcli fetch" in row["fix"]


def test_the_catalog_and_the_primary_sources_have_rows(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store_bars(desk, now_ns() // NS_PER_MINUTE * NS_PER_MINUTE - NS_PER_DAY)
    run(["doctor", "--json"])
    assert checks(capsys)["catalog"]["detail"] == "fits what is stored"
    (desk / "config" / "ictcli.toml").write_text('[primary]\nEURUSD = "nobody"\n')
    assert run(["doctor", "--json"]) == 0
    rows = checks(capsys)
    assert rows["catalog"]["detail"] == "was stale, written again"
    assert rows["primary"]["state"] == "warn"
    assert rows["primary"]["detail"] == "primary source 'nobody' of EURUSD has no bars; stored: broker"
    assert run(["config", "check"]) == 0
    assert "primary source 'nobody' of EURUSD" in capsys.readouterr().err


@pytest.mark.parametrize(("free", "state"), [(10 * 2**30, "ok"), (2**30, "warn"), (2**20, "fail")])
def test_the_room_on_the_disk_is_judged(
    free: int, state: str, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(desk)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    rows = {row.check: row for row in health.examine(Session([], dict(os.environ)))}
    assert rows["disk"].state == state


def test_a_missing_package_fails_with_the_command_that_installs_it(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "package_versions", lambda: package_versions(("click", "no-such-package")))
    row = next(row for row in health.examine(Session([], dict(os.environ))) if row.check == "packages")
    assert (row.state, row.detail, row.fix) == (
        "fail",
        "missing: no-such-package",
        "pip install no-such-package",
    )


def test_metatrader_is_only_missed_on_windows(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    rows = {row.check: row for row in health.examine(Session([], dict(os.environ)))}
    assert rows["metatrader"].state == "warn"
    assert rows["locks"].state == "skip"


def test_a_ledger_that_was_changed_a_key_for_everyone_and_a_silent_broker_are_told(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = paper_place(desk / "state")
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start()], NOW)
    keep_terminal(place.traces[0])
    assert run(["doctor", "--json"]) == 0
    rows = checks(capsys)
    assert rows["ledgers"]["detail"].startswith("paper: 1 events")
    assert "one writer" in rows["sqlite"]["detail"]
    assert rows["brokers"]["state"] == "skip"
    with (desk / "config" / "ictcli.toml").open("a") as file:
        file.write('[brokers.desk]\nterminal = "bridge"\nport = 1\nserver_tz = "ny+7"\n')
    (desk / "state" / "secret.key").chmod(0o644)
    assert place.address.file is not None
    with closing(sqlite3.connect(place.address.file)) as other:
        other.execute("DROP TRIGGER events_update")
        other.execute("UPDATE events SET body = replace(body, 'USD', 'EUR')")
        other.commit()
    with (place.anchors).open("w"):
        pass
    assert run(["doctor", "--json"]) == 3
    rows = checks(capsys)
    assert rows["ledgers"]["state"] == "fail"
    assert "no bridge listens on 127.0.0.1:1" in rows["brokers"]["detail"]
    assert "no login" in rows["brokers"]["detail"]
    assert rows["server clocks"]["state"] == "ok"
    if os.name == "posix":
        assert (rows["secrets"]["state"], "chmod 600" in rows["secrets"]["fix"]) == ("fail", True)


def test_a_ledger_that_is_gone_or_emptied_fails_by_its_own_name(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = paper_place(desk / "state")
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start()], NOW)
    file = place.address.file
    assert file is not None
    for one in file.parent.glob("ledger.db*"):
        one.unlink()
    gone = f"no ledger at {file}, but event 1 was anchored"
    for _ in range(2):
        assert run(["doctor", "--json"]) == 3
        row = checks(capsys)["ledgers"]
        assert (row["state"], row["detail"]) == ("fail", gone)
        assert "ledger restore" in row["fix"]
        with pytest.raises(NoLedger):
            open_journal(place, now=NOW)
        assert not file.exists(), "a refused start leaves nothing in its place"
    sqlite3.connect(file).close()
    assert run(["doctor", "--json"]) == 3
    assert checks(capsys)["ledgers"]["detail"].startswith(f"no ledger at {file}: the file is there and holds")


def test_a_market_that_goes_on_is_refreshed_and_one_that_has_ended_is_not(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store_bars(desk, now_ns() // NS_PER_MINUTE * NS_PER_MINUTE - NS_PER_DAY)
    for end, state in (("1m", "ok"), ("2025-01-01", "skip")):
        (desk / "config" / "ictcli.toml").write_text(f'[sources.broker]\nkind = "sim"\nend = "{end}"\n')
        run(["doctor", "--json"])
        assert checks(capsys)["freshness"]["state"] == state


def test_a_full_disk_is_no_bug_to_be_reported(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(session: Session) -> tuple[health.State, str, str]:
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/desk/data")

    monkeypatch.setitem(health.CHECKS, "planted", full)
    row = health.examine(Session([], dict(os.environ)))[-1]
    assert (row.state, row.detail) == ("fail", "/srv/desk/data: No space left on device")
    assert row.fix.startswith("Free space")


def test_anchors_that_were_lost_or_cut_are_told_and_noted_anew(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = paper_place(desk / "state")
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start()], NOW)
    for path in place.traces:
        keep_terminal(path)
    place.anchors.unlink()
    assert run(["doctor", "--json"]) == 0
    row = checks(capsys)["ledgers"]
    assert (row["state"], row["detail"]) == ("warn", f"{place.anchors} was lost or cut")
    assert run(["ledger", "verify", "--account", "paper", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["lacking"] == 1
    assert "no anchor vouches for the last 1 events" in told.err
    with open_journal(place, now=NOW, durable=False):
        pass
    assert run(["ledger", "verify", "--account", "paper", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lacking"] == 0


def test_backups_that_cannot_be_made_fail_the_configuration(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "backups").write_text("")
    assert run(["doctor", "--json"]) == 3
    assert "backups is no folder" in checks(capsys)["config"]["detail"]


def test_a_control_folder_that_is_none_fails(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    control = control_folder(desk / "state")
    shutil.rmtree(control, ignore_errors=True)
    control.symlink_to(desk / "nowhere")
    assert run(["doctor", "--json"]) == 3
    assert "no stop can be set" in checks(capsys)["emergency stop"]["detail"]


def test_a_paper_ledger_without_its_terminal_or_behind_its_backup_fails(
    traded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = traded
    terminal = folder / "state" / "paper" / "terminal.bin"
    kept = terminal.read_bytes()
    terminal.unlink()
    assert run(["doctor", "--json"]) == 3
    assert "terminal.bin is missing" in checks(capsys)["ledgers"]["detail"]
    assert run(["status"]) == 5
    assert "terminal.bin is missing" in capsys.readouterr().out
    terminal.write_bytes(kept)
    shutil.copytree(folder / "state", folder / "before")
    tell(paper_place(folder / "state"), range(1, 2))
    assert run(["backup", "create", "--json"]) == 0
    (backup,) = (folder / "backups").glob("backup-*")
    shutil.rmtree(folder / "state" / "paper")
    shutil.copytree(folder / "before" / "paper", folder / "state" / "paper")
    capsys.readouterr()
    assert run(["doctor", "--json"]) == 3
    told = checks(capsys)["ledgers"]["detail"]
    assert told == f"the paper ledger has 10 events, and {backup.name} holds 19"
    assert run(["status"]) == 0
    assert f"A LEDGER IS OLDER THAN ITS BACKUP: {told}" in capsys.readouterr().out
    shutil.rmtree(folder / "backups")
    run(["doctor", "--json"])
    row = checks(capsys)["backups"]
    assert (row["state"], "no whole backup is in" in row["detail"]) == ("warn", True)


def test_a_desk_of_which_only_its_backups_are_left_does_not_look_new(
    traded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = traded
    assert run(["backup", "create"]) == 0
    (backup,) = (folder / "backups").glob("backup-*")
    shutil.rmtree(folder / "state")
    capsys.readouterr()
    run(["doctor", "--json"])
    rows = checks(capsys)
    assert rows["ledgers"]["detail"] == f"no ledger is here, and {backup.name} holds 29 events"
    assert run(["status"]) == 0
    assert "NO LEDGER IS HERE" in capsys.readouterr().out
    assert run(["ledger", "verify"]) == 5
    assert "Where this desk has traded, restore a backup" in capsys.readouterr().err
