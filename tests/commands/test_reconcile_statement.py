"""``ictcli reconcile --statement``: by itself, with the ledger of its account, in every format."""

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ictcli.__main__ import run
from ictcli.clock import iso
from ictcli.ledger.address import find_place, paper_place
from ictcli.ledger.bodies import Cash, Opened
from ictcli.ledger.journal import open_journal
from ictcli.reconcile.keeping import only_reconciliation
from ictcli.workspace import create
from tests.ledger.stories import NOW, SECOND, start, trade
from tests.operations.desks import keep_terminal

Printed = pytest.CaptureFixture[str]
HEAD = "time,deal,type,entry,symbol,volume,price,order,position,commission,swap,profit,balance"
IN = "buy,in,EURUSD,0.10,1.10000,1000,1000,-0.35,0,0.00,9999.65"
OUT = "sell,out,EURUSD,0.10,1.10250,501000,1000,-0.35,-1.17,25.00,10023.13"


def clock(seconds: int) -> str:
    """The server's clock, which shows UTC."""
    return iso(NOW + seconds * SECOND).removesuffix("Z").replace("T", " ")


def statement(path: Path, *changes: tuple[str, str], account: int = 7, balance: str = "10023.13") -> str:
    """A file of one trade on 10,000; its name."""
    rows = [
        f"{clock(-60)},100,balance,,,,,,,0,0,10000.00,10000.00",
        f"{clock(0)},1,{IN}",
        f"{clock(0)},2,{OUT}",
    ]
    facts = f"# account: {account}\n# server: Sim-1\n# currency: USD\n# balance: {balance}\n"
    text = "\n".join([HEAD, *rows]) + "\n"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    facts += f"# written: {clock(120)}\n# deals: {len(text.splitlines()) - 1}\n"
    path.write_text(facts + text)
    return path.name


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, which is the current directory, with a broker whose server shows UTC."""
    create(tmp_path)
    (tmp_path / "config" / "ictcli.toml").write_text('[brokers.desk]\nlogin = 7\nserver_tz = "UTC"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    monkeypatch.delenv("ICTCLI_LEDGER_URL", raising=False)
    return tmp_path


@pytest.fixture
def ledger(desk: Path) -> None:
    """The ledger of the account, which began before its one trade."""
    with open_journal(find_place(desk / "state", {}), now=NOW, durable=False) as journal:
        opened, begun = Decimal("10000.00"), NOW - 30 * SECOND
        money = Cash(key="opening", what="opening", amount=opened, ts=begun)
        journal.append([start(), Opened(balance=opened, deal=100), money], begun)
        for batch in trade(0):
            journal.append(batch, NOW)


def told(printed: Printed) -> Any:
    return json.loads(printed.readouterr().out)


def test_a_statement_without_a_ledger_is_verified_by_itself(desk: Path, capsys: Printed) -> None:
    assert run(["reconcile", "--statement", statement(desk / "deals.csv"), "--json"]) == 0
    found = told(capsys)
    assert (found["command"], found["mode"], found["result"]) == ("reconcile", "statement_only", "clean")
    assert found["balance"] == {"stated": "10023.13", "computed": "10023.13", "difference": "0.00"}
    assert (found["account"], found["findings"], found["ledger"]) == ("Sim-1/7", [], None)
    assert found["details"]["net"] == "23.13"


def test_a_statement_that_does_not_add_up_is_exit_9(desk: Path, capsys: Printed) -> None:
    name = statement(desk / "deals.csv", ("25.00,10023.13", "26.00,10023.13"))
    assert run(["reconcile", "--statement", name, "--json"]) == 9
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert (found["result"], found["balance"]["difference"]) == ("findings", "1.00")
    assert {one["kind"] for one in found["findings"]} == {"balance_diff"}
    assert len({one["name"] for one in found["findings"]}) == len(found["findings"]) >= 2
    assert printed.err.startswith("found: ")


@pytest.mark.parametrize(
    ("name", "balance"),
    [
        ("mt5_ReportHistory_en_hedge_eur.html", "9949.16"),
        ("mt5_ReportHistory_bg_hedge_usd.html", "99996.70"),
        ("mt4_Statement_oanda_demo.htm", "4731.27"),
    ],
)
def test_real_statements_hold(desk: Path, real_data: Path, capsys: Printed, name: str, balance: str) -> None:
    assert run(["reconcile", "--statement", str(real_data / "mt_reports" / name), "--json"]) == 0
    found = told(capsys)
    assert (found["mode"], found["balance"]["stated"]) == ("statement_only", balance)
    assert found["balance"]["computed"] == balance


def test_a_file_that_is_cut_off_is_exit_5(desk: Path, real_data: Path, capsys: Printed) -> None:
    whole = (real_data / "mt_reports" / "mt5_ReportHistory_bg_hedge_usd.html").read_bytes()
    (desk / "cut.html").write_bytes(whole[: len(whole) * 2 // 3])
    assert run(["reconcile", "--statement", "cut.html"]) == 5
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: cut.html: ")


def test_the_ledger_of_the_account_is_compared_with_it(desk: Path, ledger: None, capsys: Printed) -> None:
    assert run(["reconcile", "--statement", statement(desk / "deals.csv"), "--json"]) == 0
    found = told(capsys)
    assert (found["mode"], found["ledger"], found["against"]) == ("ledger", "broker", "deals.csv")
    assert found["balance"] == {"stated": "10023.13", "computed": "10023.13", "difference": "0.00"}
    assert found["verified"]["events"] == 12
    assert found["window"]["complete"] is True


def test_a_deal_that_differs_from_the_ledgers_is_found(desk: Path, ledger: None, capsys: Printed) -> None:
    name = statement(desk / "deals.csv", (",1.10000,", ",1.10010,"))
    assert run(["reconcile", "--statement", name, "--json"]) == 9
    (found,) = told(capsys)["findings"]
    assert (found["name"], found["ours"], found["theirs"]) == ("fill_price_diff deal:1", "1.1", "1.1001")


def test_a_statement_of_another_account_does_not_meet_the_ledger(
    desk: Path, ledger: None, capsys: Printed
) -> None:
    name = statement(desk / "deals.csv", account=8)
    assert run(["reconcile", "--statement", name, "--json"]) == 0
    assert told(capsys)["mode"] == "statement_only"


def test_a_ledger_that_was_changed_is_found(desk: Path, ledger: None, capsys: Printed) -> None:
    file = find_place(desk / "state", {}).address.file
    assert file is not None
    with closing(sqlite3.connect(file)) as other:
        other.execute("DROP TRIGGER events_update")
        other.execute("UPDATE events SET body = replace(body, '1.09', '1.08') WHERE seq = 4")
        other.commit()
    assert run(["reconcile", "--statement", statement(desk / "deals.csv"), "--json"]) == 9
    found = {one["kind"]: one for one in told(capsys)["findings"]}
    assert found["ledger_integrity"]["severity"] == "critical"


def test_every_format_goes_to_a_file_or_to_stdout(desk: Path, capsys: Printed) -> None:
    name = statement(desk / "deals.csv", ("25.00,10023.13", "26.00,10023.13"))
    ask = ["reconcile", "--statement", name]
    assert run(ask) == 9
    assert capsys.readouterr().out.startswith("FINDINGS")
    assert run([*ask, "--format", "html", "--out", "page.html", "--metrics", "m.prom"]) == 9
    printed = capsys.readouterr()
    assert (printed.out, "wrote page.html" in printed.err) == ("", True)
    assert Path("page.html").read_text().startswith("<!DOCTYPE html>")
    assert 'exit_code{ledger="",mode="statement_only"} 9.0' in Path("m.prom").read_text()
    assert run([*ask, "--format", "parquet", "--out", "found.parquet"]) == 9
    rows = pq.read_table("found.parquet").to_pylist()
    assert {(row["kind"], row["root"]) for row in rows} == {("balance_diff", True)}
    assert run([*ask, "--format", "json", "--out", "found.json"]) == 9
    assert json.loads(Path("found.json").read_text())["command"] == "reconcile"


def test_what_was_found_stays_and_can_be_asked_for(desk: Path, capsys: Printed) -> None:
    good, bad = statement(desk / "good.csv"), statement(desk / "bad.csv", ("25.00,", "26.00,"))
    assert run(["reconcile", "--statement", good]) == 0
    assert run(["reconcile", "--statement", bad]) == 9
    capsys.readouterr()
    question = "SELECT r.against, r.result, count(f.kind) > 0 AS found FROM reconcile_runs r LEFT JOIN "
    question += "reconcile_findings f USING (run) GROUP BY ALL ORDER BY min(r.run)"
    assert run(["query", question, "--json"]) == 0
    assert told(capsys)["rows"] == [
        {"against": "good.csv", "result": "clean", "found": False},
        {"against": "bad.csv", "result": "findings", "found": True},
    ]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("--statement none.html", 2, "--statement: no such file: "),
        ("--statement /dev/null", 2, "--statement: /dev/null is no file"),
        ("--statement .", 2, "is a directory"),
        ("--since tomorrow", 2, "--since: not an instant"),
        ("--since 2199-01-01", 2, "is not in the past"),
        ("--statement deals.csv --apply", 2, "do not go together"),
        ("--statement deals.csv --broker desk", 2, "do not go together"),
        ("--ledger paper --broker desk", 2, "do not go together"),
        ("--out nowhere/found.json", 2, "no such folder"),
        ("--metrics nowhere/m.prom", 2, "no such folder"),
        ("--format html --json", 2, "contradict each other"),
        ("--ledger paper", 5, "no ledger at"),
        ("--ledger replay", 2, "the terminal of a replay ended with it"),
        ("--ledger broker", 5, "no ledger at"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    desk: Path, capsys: Printed, words: str, code: int, says: str
) -> None:
    statement(desk / "deals.csv")
    assert run(["reconcile", *words.split()]) == code
    printed = capsys.readouterr()
    assert says in printed.err
    assert "--json" in words or not printed.out
    assert printed.err.count("error: ") == 1


def test_one_at_a_time(desk: Path, capsys: Printed) -> None:
    name = statement(desk / "deals.csv")
    with only_reconciliation(desk / "state", now=NOW):
        assert run(["reconcile", "--statement", name]) == 12
    assert "is being reconciled by pid" in capsys.readouterr().err


def test_a_wrong_setting_is_exit_4(desk: Path, capsys: Printed) -> None:
    (desk / "config" / "ictcli.toml").write_text('[reconcile]\nvolume_steps = "2"\n')
    assert run(["reconcile", "--statement", statement(desk / "deals.csv")]) == 4
    assert "reconcile.volume_steps: volume_steps must be above 0" in capsys.readouterr().err


def test_status_and_doctor_tell_of_ledgers_that_are_not_reconciled(desk: Path, capsys: Printed) -> None:
    with open_journal(paper_place(desk / "state"), now=NOW, durable=False) as journal:
        journal.append([start()], NOW)
    keep_terminal(desk / "state" / "paper" / "terminal.bin")
    assert run(["status"]) == 0
    assert "paper ledger: never reconciled" in capsys.readouterr().out
    run(["doctor", "--json"])
    (row,) = [one for one in told(capsys)["checks"] if one["check"] == "reconciliation"]
    assert (row["state"], row["detail"]) == ("warn", "paper: never reconciled")
