"""``ictcli ledger``: every subcommand, its documents and exit codes, and that no secret comes out."""

import gzip
import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.ledger.address import Place, find_place, paper_place
from ictcli.ledger.journal import open_journal
from ictcli.workspace import create
from tests.ledger.stories import NOW, start, trade

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A workspace, which is the current directory, with the ledger of three trades."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    monkeypatch.delenv("ICTCLI_LEDGER_URL", raising=False)
    place = find_place(tmp_path / "state", {})
    tell(place, range(3))
    return place


def tell(place: Place, trades: range) -> None:
    with open_journal(place, now=NOW, durable=False) as journal:
        if not journal.last:
            journal.append([start()], NOW)
        for number in trades:
            journal.append([body for batch in trade(number) for body in batch], NOW)


def document(printed: Printed) -> Any:
    return json.loads(printed.readouterr().out)


def tamper(file: Path | None) -> None:
    assert file is not None
    with closing(sqlite3.connect(file)) as other:
        other.execute("DROP TRIGGER events_update")
        other.execute("UPDATE events SET body = replace(body, '0.10', '9.90') WHERE seq = 2")
        other.commit()


def test_a_good_ledger_verifies(desk: Place, capsys: Printed) -> None:
    assert run(["ledger", "verify", "--json"]) == 0
    told = document(capsys)
    assert told["command"] == "ledger verify"
    assert (told["events"], told["faults"]) == (28, [])
    assert told["rows"] == {"orders": 6, "fills": 6, "positions": 3, "cash": 6, "alerts": 0}
    assert run(["ledger", "verify"]) == 0
    assert "every event is what was written" in capsys.readouterr().out


def test_a_changed_ledger_is_exit_5_and_names_the_event(desk: Place, capsys: Printed) -> None:
    tamper(desk.address.file)
    assert run(["ledger", "verify", "--json"]) == 5
    printed = capsys.readouterr()
    assert json.loads(printed.out)["faults"] == [
        {"what": "chain", "seq": 2, "detail": "it was changed after it was written"}
    ]
    assert "chain at event 2" in printed.err


def test_a_ledger_that_is_no_database_is_exit_5(desk: Place, capsys: Printed) -> None:
    assert desk.address.file is not None
    desk.address.file.write_bytes(b"not a database" * 500)
    assert run(["ledger", "verify", "--json"]) == 5
    assert document(capsys)["error"]["name"] == "LedgerCorrupt"


@pytest.mark.parametrize("words", [["verify"], ["export"], ["backup"], ["migrate", "--to", "sqlite:///x.db"]])
def test_without_a_ledger_there_is_nothing_to_do(desk: Place, capsys: Printed, words: list[str]) -> None:
    shutil.rmtree(desk.lock.parent)
    assert run(["ledger", *words]) == 5
    assert "no ledger at" in capsys.readouterr().err


def test_an_export_is_a_line_per_event(desk: Place, capsys: Printed) -> None:
    assert run(["ledger", "export"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, 29))
    assert run(["ledger", "export", "--out", "audit.jsonl.gz", "--json"]) == 0
    told = document(capsys)
    text = gzip.decompress(Path("audit.jsonl.gz").read_bytes())
    assert text.decode().splitlines() == lines
    assert (told["events"], told["sha256"]) == (28, hashlib.sha256(text).hexdigest())
    assert run(["ledger", "export", "--json"]) == 2


def test_a_backup_is_restored(desk: Place, capsys: Printed) -> None:
    assert run(["ledger", "backup", "--json"]) == 0
    file = document(capsys)["file"]
    assert Path(file).parent == desk.backups
    tell(desk, range(3, 4))
    assert run(["ledger", "restore", file]) == 2  # nobody is there to ask
    assert "--yes" in capsys.readouterr().err
    assert run(["ledger", "restore", file, "--yes", "--json"]) == 0
    told = document(capsys)
    assert (told["events"], told["lost"]) == (28, 9)
    assert Path(told["former"], "ledger.db").is_file()
    assert run(["ledger", "verify"]) == 0


def test_a_backup_brings_a_ledger_back_that_is_gone(desk: Place, capsys: Printed) -> None:
    assert run(["ledger", "backup", "--out", "copy.db"]) == 0
    shutil.rmtree(desk.lock.parent)
    assert run(["ledger", "restore", "missing.db"]) == 2
    capsys.readouterr()
    assert run(["ledger", "restore", "copy.db", "--json"]) == 0
    told = document(capsys)
    assert (told["lost"], told["former"]) == (0, None)
    assert run(["ledger", "verify"]) == 0


def test_a_changed_backup_is_exit_5(desk: Place, capsys: Printed) -> None:
    assert run(["ledger", "backup", "--out", "copy.db"]) == 0
    tamper(Path("copy.db"))
    assert run(["ledger", "restore", "copy.db", "--yes"]) == 5
    assert "chain at event 2" in capsys.readouterr().err


def test_a_running_trader_keeps_its_ledger(desk: Place, capsys: Printed) -> None:
    assert run(["ledger", "backup", "--out", "copy.db"]) == 0
    with open_journal(desk, now=NOW):
        assert run(["ledger", "verify"]) == 0
        capsys.readouterr()
        for words in (["restore", "copy.db", "--yes"], ["migrate", "--to", "sqlite:///x.db"]):
            assert run(["ledger", *words]) == 12
            assert "pid" in capsys.readouterr().err


def test_a_ledger_moves_and_the_environment_follows_it(
    desk: Place, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["ledger", "migrate", "--to", "sqlite:///moved.db", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["events"] == 28
    assert "ICTCLI_LEDGER_URL" in printed.err
    shutil.rmtree(desk.lock.parent)
    monkeypatch.setenv("ICTCLI_LEDGER_URL", f"sqlite:///{Path('moved.db').absolute()}")
    assert run(["ledger", "verify", "--json"]) == 0
    assert document(capsys)["events"] == 28


@pytest.mark.parametrize(
    "words",
    [
        ["ledger", "verify"],
        ["ledger", "export"],
        ["ledger", "backup"],
        ["report", "live"],
        ["backup", "create"],
    ],
)
def test_nothing_reads_the_old_file_of_a_ledger_that_moved(
    desk: Place, capsys: Printed, words: list[str]
) -> None:
    assert run(["ledger", "migrate", "--to", "sqlite:///moved.db"]) == 0
    capsys.readouterr()
    assert run(words) == 4
    assert "moved.db" in capsys.readouterr().err
    shutil.rmtree("backups", ignore_errors=True)
    for left in desk.lock.parent.glob("ledger.db*"):
        left.unlink()
    assert run(words) == 4, "nor another account's where it is gone"


def test_status_says_that_the_ledger_moved(desk: Place, capsys: Printed) -> None:
    assert run(["ledger", "migrate", "--to", "sqlite:///moved.db"]) == 0
    capsys.readouterr()
    assert run(["status", "--json"]) == 6
    told = document(capsys)["trading"]["unreachable"]
    assert "moved.db" in told
    assert "ICTCLI_LEDGER_URL" in told


def test_a_backup_does_not_bring_back_a_ledger_that_moved(
    desk: Place, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["ledger", "backup", "--out", "copy.db"]) == 0
    assert run(["ledger", "migrate", "--to", "sqlite:///moved.db"]) == 0
    capsys.readouterr()
    assert run(["ledger", "restore", "copy.db", "--yes"]) == 4
    printed = capsys.readouterr().err
    assert "moved.db" in printed
    assert "ICTCLI_LEDGER_URL" in printed
    monkeypatch.setenv("ICTCLI_LEDGER_URL", f"sqlite:///{Path('moved.db').absolute()}")
    assert run(["ledger", "restore", "copy.db", "--yes"]) == 0


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("oracle://x/y", 4),
        ("nonsense", 4),
        ("postgresql://me:CANARY@db.invalid/ledger", 4),
        ("postgresql://me@127.0.0.1:1/ledger", 6),
    ],
)
def test_a_place_that_cannot_be_is_refused(desk: Place, capsys: Printed, url: str, code: int) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    assert run(["ledger", "migrate", "--to", url]) == code
    printed = capsys.readouterr()
    assert "CANARY" not in printed.out + printed.err


@pytest.mark.parametrize("word", ["verify", "export", "backup"])
def test_a_server_that_is_away_is_exit_6_and_shows_no_password(
    desk: Place, capsys: Printed, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    monkeypatch.setenv("ICTCLI_LEDGER_URL", "postgresql://me:CANARY@127.0.0.1:1/ledger?connect_timeout=2")
    assert run(["ledger", word, "-v"]) == 6
    printed = capsys.readouterr()
    assert "postgresql://me@127.0.0.1:1/ledger" in printed.err
    assert "CANARY" not in printed.out + printed.err


def test_a_wrong_environment_is_exit_4_and_shows_no_password(
    desk: Place, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICTCLI_LEDGER_URL", "mysql://me:CANARY@h/x")
    assert run(["ledger", "verify", "-v"]) == 4
    printed = capsys.readouterr()
    assert "CANARY" not in printed.out + printed.err


def test_the_key_is_in_no_output_and_no_file(desk: Place, capsys: Printed) -> None:
    for words in (["verify", "-v"], ["verify", "--json"], ["export"], ["backup", "--out", "copy.db"]):
        assert run(["ledger", *words]) == 0
    assert run(["ledger", "export", "--out", "audit.jsonl"]) == 0
    tamper(desk.address.file)
    assert run(["ledger", "verify", "-v"]) == 5
    assert run(["ledger", "migrate", "--to", "sqlite:///moved.db", "-v"]) == 5
    printed = capsys.readouterr()
    shown = [printed.out.encode(), printed.err.encode()]
    secret = Path("state/secret.key")
    written = [path.read_bytes() for path in Path().rglob("*") if path.is_file() and path != secret]
    for text in shown + written:
        assert desk.key not in text
        assert desk.key.hex().encode() not in text


def test_every_account_has_a_ledger_of_its_own(desk: Place, tmp_path: Path, capsys: Printed) -> None:
    assert run(["ledger", "verify", "--account", "paper"]) == 5
    assert "no ledger" in capsys.readouterr().err
    tell(paper_place(tmp_path / "state"), range(1))
    for words, events in (([], 28), (["--account", "broker"], 28), (["--account", "paper"], 10)):
        assert run(["ledger", "verify", *words, "--json"]) == 0
        assert document(capsys)["events"] == events
    assert run(["ledger", "backup", "--account", "paper", "--json"]) == 0
    copy = Path(document(capsys)["file"])
    assert copy.parent == tmp_path / "state" / "paper" / "ledger" / "backups"
    assert run(["ledger", "restore", str(copy), "--account", "paper", "--yes"]) == 0
    assert run(["ledger", "verify", "--account", "paper"]) == 0
    assert run(["ledger", "verify", "--account", "replay"]) == 5


def test_where_only_paper_was_traded_its_ledger_is_meant(
    desk: Place, tmp_path: Path, capsys: Printed
) -> None:
    shutil.rmtree(tmp_path / "state" / "ledger")
    (tmp_path / "state" / "anchors.log").unlink()
    tell(paper_place(tmp_path / "state"), range(2))
    assert run(["ledger", "verify", "--json"]) == 0
    found = document(capsys)
    assert (found["events"], Path(found["ledger"]).parent.parent.name) == (19, "paper")


def test_an_export_is_verified_by_the_program_on_the_page(
    desk: Place, tmp_path: Path, capsys: Printed
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
    program = page.split("```python\n")[1].split("```")[0]
    assert run(["ledger", "export", "--out", "audit.jsonl"]) == 0
    capsys.readouterr()
    assert run(["ledger", "verify", "--json"]) == 0
    head = document(capsys)["head"]
    ask = [sys.executable, "-c", program, "state/secret.key", "audit.jsonl"]
    done = subprocess.run(ask, capture_output=True, text=True, check=True)
    assert done.stdout == f"28 {head}\n"
    lines = Path("audit.jsonl").read_text().splitlines(keepends=True)
    for changed in (lines[:4] + lines[5:], [one.replace("0.10", "0.11", 1) for one in lines]):
        Path("audit.jsonl").write_text("".join(changed))
        done = subprocess.run(ask, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "is not what was written" in done.stderr


def test_a_restore_says_what_the_file_is_and_that_nothing_was_restored(
    desk: Place, tmp_path: Path, capsys: Printed
) -> None:
    assert run(["ledger", "export", "--out", "audit.jsonl"]) == 0
    assert run(["ledger", "restore", "audit.jsonl", "--yes"]) == 5
    assert (
        "Nothing was restored: it takes a file that `ictcli ledger backup` wrote" in capsys.readouterr().err
    )
    assert run(["ledger", "backup", "--out", "copy.db"]) == 0
    Path("state/secret.key").write_text("11" * 32)
    assert run(["ledger", "restore", "copy.db", "--yes"]) == 5
    said = capsys.readouterr().err
    assert "copy.db is not what was written: chain at event 1" in said
    assert "its state/secret.key must be here" in said
