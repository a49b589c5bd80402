"""``ictcli report replay``: an account by its ledger, to the cent what the run and a backtest say."""

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk

Printed = pytest.CaptureFixture[str]
WHAT = ["EURUSD", "--strategy", "fvg_retest", "-t", "M5", "--param", "windows="]
SHARED = (
    "symbol", "strategy", "setup_number", "side", "signal_at", "opened_at", "entry", "stop", "target", "exit",
    "exit_reason", "volume", "gross", "commission", "fees", "swap", "net", "risk", "r_multiple", "exits",
)  # fmt: skip


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a few days of five-minute bars, replayed; not to be changed."""
    folder = tmp_path_factory.mktemp("replayed")
    create(folder)
    store = Store(folder / "data", folder / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 600, 110_000, 5))
    replay = ["trade", *WHAT, "--replay", "..2200-01-01", "--speed", "max", "--json"]
    assert run(["-w", str(folder), *replay]) == 0
    return folder


@pytest.fixture
def desk(replayed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed) -> Path:
    """A copy of it, which is the current directory."""
    copy = tmp_path / "desk"
    shutil.copytree(replayed, copy)
    monkeypatch.chdir(copy)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    monkeypatch.delenv("ICTCLI_LEDGER_URL", raising=False)
    capsys.readouterr()
    return copy


def document(printed: Printed) -> Any:
    return json.loads(printed.readouterr().out)


def rows(printed: Printed, *words: str) -> list[dict[str, str]]:
    printed.readouterr()
    assert run(["report", *words, "--format", "csv"]) == 0
    return list(csv.DictReader(io.StringIO(printed.readouterr().out)))


def test_ledger_run_and_backtest_agree_to_the_cent(desk: Path, capsys: Printed) -> None:
    ledger, kept = rows(capsys, "replay"), rows(capsys, "latest")
    assert run(["backtest", *WHAT]) == 0
    tested = rows(capsys, "latest")
    assert kept[0]["run"] != tested[0]["run"]
    assert run(["report", kept[0]["run"]]) == 0
    assert f"\nReplay {kept[0]['run']}\n" in capsys.readouterr().out
    ended = [row for row in tested if row["exit_reason"] != "end"]
    assert len(ledger) >= 5
    for one, other, third in zip(ledger, kept, ended, strict=False):
        assert [one[name] for name in SHARED] == [other[name] for name in SHARED]
        assert [one[name] for name in SHARED] == [third[name] for name in SHARED]
    assert len(ledger) == len(ended)


def test_the_document_holds_money_state_trades_and_quality(desk: Path, capsys: Printed) -> None:
    assert run(["report", "replay", "--json"]) == 0
    found = document(capsys)
    money = {name: float(value) for name, value in found["money"].items()}
    parts = ("opening", "profit", "commission", "swap", "fee", "other_movements")
    assert sum(money[name] for name in parts) == pytest.approx(money["balance"])
    assert (found["ledger"], found["mode"], found["bars"], found["trades"]) == (
        "replay", "replay", 600, found["metrics"]["win_rate"]["n"]
    )  # fmt: skip
    assert (found["state"]["allowed"], found["state"]["halt"], found["unresolved"]) == ("active", None, [])
    assert found["quality"]["all"]["filled"] > 0
    assert sum(row["trades"] for row in found["by_side"]) == found["trades"]


def test_people_see_the_screen_of_a_run_and_the_execution(desk: Path, capsys: Printed) -> None:
    assert run(["halt", "--reason", "drill"]) == 0
    capsys.readouterr()
    assert run(["report", "replay"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("HALTED: drill")
    for word in (
        "Opened with",
        "expectancy",
        "max drawdown",
        "slippage, points",
        "symbol   EURUSD",
        "last bar",
    ):
        assert word in text
    lines = text.splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 100
    assert run(["report", "replay", "--full"]) == 0
    text = capsys.readouterr().out
    for word in ("opened with", "operator fees", "p99", "HALTED"):
        assert word in text


@pytest.mark.parametrize("table", ["equity", "orders", "signals"])
def test_an_account_has_the_tables_of_a_run(desk: Path, table: str, capsys: Printed) -> None:
    (ledger, kept) = (rows(capsys, subject, "--table", table) for subject in ("replay", "latest"))
    assert len(ledger) > 5
    assert set(ledger[0]) & set(kept[0])
    if table == "equity":
        assert run(["report", "replay", "--json"]) == 0
        assert ledger[-1]["balance"] == document(capsys)["money"]["balance"]


def test_an_account_has_a_page_and_a_picture(desk: Path, capsys: Printed) -> None:
    assert run(["report", "replay", "--out", "account.html"]) == 0
    assert run(["report", "replay", "--out", "account.png"]) == 0
    assert "replay" in Path("account.html").read_text(encoding="utf-8")
    assert Path("account.png").read_bytes().startswith(b"\x89PNG")


def test_an_account_is_compared_with_its_own_run(desk: Path, capsys: Printed) -> None:
    assert run(["report", "replay", "--compare", "latest", "--json"]) == 0
    found = document(capsys)["compare"]
    both = found["differences"][-1]
    assert both["what"] == "R of trades that both made"
    assert both["n_a"] >= 5
    assert both["value"] == pytest.approx(0, abs=1e-6)
    assert "costs" not in {row["metric"] for row in found["metrics"]}


def test_why_tells_a_position_and_the_way_of_its_order(desk: Path, capsys: Printed) -> None:
    trade = rows(capsys, "replay")[0]
    assert run(["report", "replay", "--why", "EURUSD", trade["opened_at"]]) == 0
    text = capsys.readouterr().out
    assert "In position: fvg_retest" in text
    assert "filled" in text
    assert f"{trade['opened_at'][:16]}Z  account   filled" in text
    assert max(map(len, text.splitlines())) <= 100
    assert run(["report", "replay", "--json", "--why", "EURUSD", trade["opened_at"]]) == 0
    assert document(capsys)["why"]["trades"][0]["entry"].rstrip("0") == trade["entry"].rstrip("0")
    assert run(["report", "replay", "--why", "EURUSD", "yesterday"]) == 2
    assert run(["report", "replay", "--why", "EURUSD", "7d", "--format", "csv"]) == 2


def test_an_account_that_nobody_traded_has_no_report(desk: Path, capsys: Printed) -> None:
    for word in ("live", "paper"):
        assert run(["report", word]) == 5
        assert "no paper ledger" in capsys.readouterr().err


def test_sql_reaches_ledgers_exactly_and_read_only(desk: Path, capsys: Printed) -> None:
    assert run(["report", "replay", "--json"]) == 0
    balance = document(capsys)["money"]["balance"]
    asked = "SELECT sum(amount) AS cash FROM ledger_cash WHERE operator = 0 AND ledger = 'replay'"
    assert run(["query", asked, "--json"]) == 0
    assert float(document(capsys)["rows"][0]["cash"]) == float(balance)
    assert run(["query", "SELECT count(*) AS n FROM ledger_events", "--json"]) == 0
    assert document(capsys)["rows"][0]["n"] > 600
    assert run(["query", "DELETE FROM ledger_cash"]) == 2
    capsys.readouterr()
    assert run(["query", "SHOW TABLES", "--format", "csv"]) == 0
    assert {"ledger_orders", "ledger_positions", "metrics"} <= set(capsys.readouterr().out.split())


def tampered(desk: Path, statement: str) -> None:
    """Change the replay's ledger behind its program's back."""
    with closing(sqlite3.connect(desk / "state" / "replay" / "ledger.db")) as database:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (trigger,) in database.execute(triggers).fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        assert database.execute(statement).rowcount > 0
        database.commit()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE events SET body = replace(body, 'EURUSD', 'EURGBP')", "it was changed after it was written"),
        ("DELETE FROM events WHERE seq = 9", "missing: event 8 is followed by 10"),
        ("DELETE FROM events WHERE seq > 9", "the ledger ends at event 9"),
    ],
)
def test_nothing_is_told_of_a_ledger_that_somebody_changed(
    desk: Path, statement: str, named: str, capsys: Printed
) -> None:
    tampered(desk, statement)
    assert run(["ledger", "verify", "--account", "replay"]) == 5
    capsys.readouterr()
    for words in (["replay"], ["replay", "--out", "account.html"], ["latest", "--compare", "replay"]):
        assert run(["report", *words]) == 5
        out, err = capsys.readouterr()
        assert out == ""
        assert "the ledger is not what was written" in err
        assert named in err
    assert run(["report", "replay", "--json"]) == 5
    assert list(document(capsys)) == ["error"]
    assert not Path("account.html").exists()


def test_a_sound_ledger_says_that_it_was_verified(desk: Path, capsys: Printed) -> None:
    for words in (["replay"], ["replay", "--full"]):
        assert run(["report", *words]) == 0
        assert "events, all verified" in capsys.readouterr().out


@pytest.mark.parametrize("gone", [False, True])
def test_a_ledger_that_was_lost_is_restored_and_never_begun_anew(
    desk: Path, gone: bool, capsys: Printed
) -> None:
    ledger = desk / "state" / "replay" / "ledger.db"
    for log in ledger.parent.glob("ledger.db-*"):
        log.unlink()
    ledger.write_bytes(b"")
    if gone:
        ledger.unlink()
    for words in (["report", "replay"], ["ledger", "verify", "--account", "replay"]):
        assert run(words) == 5
        err = capsys.readouterr().err
        assert "was anchored" in err
        assert "ictcli ledger restore" in err
        assert "ictcli trade" not in err


def test_an_emptied_ledger_without_anchors_is_not_taken_for_a_new_one(desk: Path, capsys: Printed) -> None:
    folder = desk / "state" / "replay"
    for file in folder.iterdir():
        if file.is_file():
            file.unlink()
    (folder / "ledger.db").write_bytes(b"")
    assert run(["report", "replay"]) == 5
    err = capsys.readouterr().err
    assert "the file is there and holds nothing" in err
    assert "ictcli trade" not in err
