"""``ictcli reconcile`` over the paper account: after trading, after a loss, beside its trader."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from msgspec.structs import asdict

from ictcli.__main__ import run
from ictcli.clock import iso
from ictcli.errors import DataError
from ictcli.ledger.bodies import AnyBody, Decided, Filled, Reconciled
from ictcli.ledger.journal import open_journal
from ictcli.store.store import Store
from ictcli.trading.control import control_folder
from ictcli.trading.lock import LOGIN, Trader, only_trader
from tests.reconcile.paper_sessions import PaperDesk, paper_desk, walk

Printed = pytest.CaptureFixture[str]
ALWAYS = ("--since", "2023-01-01")
LEARNED, BARS = 200, 320


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> PaperDesk:
    """Two sessions: bars that were learned, and bars that were traded."""
    made = paper_desk(tmp_path_factory.mktemp("desk"))
    made.session(walk(LEARNED))
    made.session(walk(BARS).slice(LEARNED, BARS))
    assert made.fills()
    return made


@pytest.fixture
def desk(traded: PaperDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaperDesk:
    """A copy of it, whose workspace is the current directory."""
    folder = tmp_path / "desk"
    shutil.copytree(traded.shop.folder, folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    monkeypatch.delenv("ICTCLI_LEDGER_URL", raising=False)
    store = Store(folder / "data", folder / "state", 0)
    return PaperDesk(replace(traded.shop, store=store, folder=folder))


def write_again(desk: PaperDesk, keep: Callable[[AnyBody], bool], instead: AnyBody | None = None) -> None:
    """Write the ledger again without some of its events, or with another in their place."""
    entries = desk.entries()
    place = replace(desk.place, traces=())  # its terminal stays
    shutil.rmtree(place.lock.parent)
    with open_journal(place, now=1, durable=False) as journal:
        for entry in entries:
            if keep(entry.body):
                journal.append([entry.body], entry.ts)
            elif instead is not None:
                journal.append([instead], entry.ts)


def lose(desk: PaperDesk) -> int:
    """Lose the last deal but one of a trader, which opened or closed something; its ticket."""
    deal = desk.fills()[-2].deal
    write_again(desk, lambda body: not (isinstance(body, Filled) and body.deal == deal))
    return deal


def reconciled(printed: Printed, *words: str, code: int) -> Any:
    assert run(["reconcile", "--ledger", "paper", *ALWAYS, *words, "--json"]) == code
    return json.loads(printed.readouterr().out)


def test_after_trading_it_is_one_story(desk: PaperDesk, capsys: Printed) -> None:
    before = len(desk.entries())
    found = reconciled(capsys, code=0)
    assert (found["mode"], found["result"], found["findings"]) == ("ledger", "clean", [])
    assert found["balance"]["stated"] == found["balance"]["computed"]
    deals = {"deals": len(desk.fills()), "orders": 3, "positions": 1, "movements": 0}
    assert found["compared"] == deals
    assert found["verified"]["events"] == before == len(desk.entries())
    assert run(["status"]) == 0
    assert "paper ledger: last reconciled" in capsys.readouterr().out
    run(["doctor", "--json"])
    rows = {row["check"]: row for row in json.loads(capsys.readouterr().out)["checks"]}
    assert rows["reconciliation"]["state"] == "ok"


def test_a_deal_that_was_lost_is_found_and_booked(desk: PaperDesk, capsys: Printed) -> None:
    deal = lose(desk)
    found = reconciled(capsys, code=9)
    (root,) = [one for one in found["findings"] if one["root"]]
    assert (root["name"], root["policy"]) == (f"missing_fill_local deal:{deal}", "book")
    assert all(one["caused_by"] for one in found["findings"] if not one["root"])
    run(["doctor", "--json"])
    rows = {row["check"]: row for row in json.loads(capsys.readouterr().out)["checks"]}
    assert rows["reconciliation"]["state"] == "fail"
    found = reconciled(capsys, "--apply", code=0)
    assert found["result"] == "clean"
    assert root["name"] in found["applied"]
    assert set(found["applied"].values()) == {"booked in the ledger"}
    (told,) = [one for one in found["findings"] if one["name"] == root["name"]]
    assert (told["known"], told["root"], told["applied"]) == (True, False, "booked in the ledger")
    assert deal in {one.deal for one in desk.fills()}
    last = desk.entries()[-1].body
    assert isinstance(last, Reconciled)
    assert last.result == "clean"
    assert reconciled(capsys, code=0)["findings"] == []


def test_with_a_trader_up_corrections_wait_for_it(
    desk: PaperDesk, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ictcli.reconcile.ledger_run.PATIENCE", 0.1)
    monkeypatch.setattr("ictcli.reconcile.ledger_run.PAUSES", (0.05,))
    lose(desk)
    before = len(desk.entries())
    holder = Trader(LOGIN, "", "paper", 1, 1)
    with only_trader(control_folder(desk.state), holder):
        assert run(["reconcile", "--ledger", "paper", *ALWAYS, "--apply", "--json"]) == 9
    printed = capsys.readouterr()
    assert set(json.loads(printed.out)["applied"].values()) == {"handed to the trader"}
    assert "the trader has not booked the corrections yet" in printed.err
    assert len(desk.entries()) == before
    found = reconciled(capsys, "--apply", code=0)  # what waits is booked once nobody trades
    assert found["result"] == "clean"
    assert not list((desk.state / "spool").rglob("*.json"))


def test_a_changed_ledger_is_critical_and_nothing_is_applied(desk: PaperDesk, capsys: Printed) -> None:
    file = desk.place.address.file
    assert file is not None
    with closing(sqlite3.connect(file)) as other:
        other.execute("DROP TRIGGER events_update")
        other.execute("UPDATE events SET ts = ts + 1 WHERE seq = 5")
        other.commit()
    before = file.read_bytes()
    found = reconciled(capsys, "--apply", code=9)
    assert found["findings"][0]["kind"] == "ledger_integrity"
    assert found["findings"][0]["severity"] == "critical"
    assert (found["applied"], file.read_bytes() == before) == ({}, True)


def test_a_changed_projection_is_one_finding_and_what_events_tell_is_compared(
    desk: PaperDesk, capsys: Printed
) -> None:
    lost = lose(desk)
    deal = desk.fills()[0].deal
    changed(desk, f"UPDATE fills SET price = '9.9', profit = '77.00' WHERE deal = {deal}")
    changed(desk, "DELETE FROM positions")
    found = reconciled(capsys, "--apply", code=9)
    roots = {one["name"] for one in found["findings"] if one["root"]}
    assert roots == {
        "ledger_integrity account 1", "ledger_integrity account 2", f"missing_fill_local deal:{lost}",
    }  # fmt: skip
    assert found["applied"] == {}
    reconciled(capsys, "--against-backtest", code=9)


def test_what_differs_in_a_broken_chain_follows_from_that(desk: PaperDesk, capsys: Printed) -> None:
    lose(desk)
    deal = desk.fills()[0].deal
    changed(desk, "DROP TRIGGER events_update", "UPDATE events SET ts = ts + 1 WHERE seq = 5")
    changed(desk, f"UPDATE fills SET price = '9.9' WHERE deal = {deal}")
    found = reconciled(capsys, code=9)
    (root,) = [one for one in found["findings"] if one["root"]]
    assert root["kind"] == "ledger_integrity"
    rest = [one for one in found["findings"] if not one["root"]]
    assert {"fill_price_diff", "missing_fill_local"} <= {one["kind"] for one in rest}
    assert all(one["caused_by"] for one in rest)
    assert found["counts"]["roots"] == 1


def test_another_key_is_one_finding(desk: PaperDesk, capsys: Printed) -> None:
    (desk.state / "secret.key").write_text("11" * 32)
    found = reconciled(capsys, code=9)
    (root,) = [one for one in found["findings"] if one["root"]]
    assert "not written with the workspace's key" in root["note"]


def changed(desk: PaperDesk, *statements: str) -> None:
    """Change the ledger's file behind its back."""
    file = desk.place.address.file
    assert file is not None
    with closing(sqlite3.connect(file)) as other:
        for statement in statements:
            other.execute(statement)
        other.commit()


def test_a_contract_that_is_configured_otherwise_is_found(desk: PaperDesk, capsys: Printed) -> None:
    symbols = desk.shop.folder / "config" / "symbols.toml"
    spec = desk.shop.book.require("BTCUSD")
    text = "\n".join(
        f'{name} = "{value}"' if isinstance(value, Decimal | str) else f"{name} = {value}"
        for name, value in {**asdict(spec), "contract_size": Decimal(10)}.items()
        if name not in {"name", "aliases"}
    )
    symbols.write_text(f"[BTCUSD]\n{text}\n")
    found = reconciled(capsys, code=9)
    (root,) = [one for one in found["findings"] if one["root"]]
    assert (root["name"], root["ours"], root["theirs"]) == ("spec_change symbol:BTCUSD contract", "10", "1")


def test_the_backtest_decides_and_fills_the_same(desk: PaperDesk, capsys: Printed) -> None:
    found = reconciled(capsys, "--against-backtest", code=0)
    assert (found["mode"], found["result"], found["against"]) == ("backtest", "clean", "the backtest")
    details = found["details"]
    assert details["same"] is True
    assert details["decisions_compared"] > 0
    assert details["fills_compared"] == len(desk.fills())
    assert details["fills_at_another_price"] == 0
    assert found["compared"]["fills"] == len(desk.fills())


def test_a_decision_that_the_ledger_lacks_is_found_by_the_backtest(desk: PaperDesk, capsys: Printed) -> None:
    first = next(entry.seq for entry in desk.entries() if isinstance(entry.body, Decided))
    lost = next(entry.body for entry in desk.entries() if entry.seq == first)
    write_again(desk, lambda body: body != lost)
    assert run(["reconcile", "--ledger", "paper", *ALWAYS, "--against-backtest"]) == 9
    printed = capsys.readouterr()
    assert "1 decided otherwise" in printed.out
    assert printed.err.startswith("found: 1 decided otherwise")
    run(["status"])
    assert "; 1 difference from the backtest at " in capsys.readouterr().out
    run(["doctor", "--json"])
    (row,) = [
        one for one in json.loads(capsys.readouterr().out)["checks"] if one["check"] == "reconciliation"
    ]
    assert row["state"] == "fail"
    assert ", 1 difference from the backtest at " in row["detail"]
    question = "SELECT kind, key, ours, theirs FROM reconcile_findings WHERE root"
    assert run(["query", question, "--json"]) == 0
    (kept,) = json.loads(capsys.readouterr().out)["rows"]
    assert isinstance(lost, Decided)
    assert (kept["kind"], kept["key"], kept["ours"]) == ("decision_diff", f"bar:{iso(lost.bar)}", None)
    assert kept["theirs"].startswith(lost.what)


def test_a_deal_of_another_volume_is_found_by_the_backtest(desk: PaperDesk, capsys: Printed) -> None:
    deal = desk.fills()[-1]
    write_again(desk, lambda body: body != deal, structs.replace(deal, volume=10 * deal.volume))
    assert run(["reconcile", "--ledger", "paper", *ALWAYS, "--against-backtest"]) == 9
    printed = capsys.readouterr()
    assert printed.out.startswith("FINDINGS ")
    assert printed.err.startswith("found: 1 filled in another volume")


def test_a_volume_off_the_lot_grid_is_refused_in_one_line(desk: PaperDesk, capsys: Printed) -> None:
    deal = desk.fills()[-1]
    write_again(desk, lambda body: body != deal, structs.replace(deal, volume=Decimal("0.0137")))
    assert run(["reconcile", "--ledger", "paper", *ALWAYS, "--against-backtest"]) == 5
    printed = capsys.readouterr()
    assert f"deal {deal.deal}: volume 0.0137 of BTCUSD is not on its grid" in printed.err
    assert "Traceback" not in printed.err


def test_a_terminal_that_is_lost_is_exit_5(desk: PaperDesk, capsys: Printed) -> None:
    (desk.state / "paper" / "terminal.bin").unlink()
    assert run(["reconcile", "--ledger", "paper"]) == 5
    assert "terminal.bin" in capsys.readouterr().err


def test_a_terminal_that_is_older_than_its_ledger_is_never_clean(
    desk: PaperDesk, capsys: Printed, tmp_path: Path
) -> None:
    other = paper_desk(tmp_path / "other")
    other.session(walk(LEARNED))
    terminal = desk.state / "paper" / "terminal.bin"
    for path in terminal.parent.glob("terminal*"):
        path.unlink()
    for path in (other.state / "paper").glob("terminal*"):
        shutil.copy(path, terminal.parent / path.name)
    assert run(["reconcile", "--ledger", "paper", *ALWAYS]) == 5
    assert f"{terminal} is older than its ledger" in capsys.readouterr().err
    assert run(["backup", "create"]) == 5
    assert f"{terminal} is older than its ledger" in capsys.readouterr().err
    with pytest.raises(DataError, match="is older than its ledger"):
        desk.session(walk(BARS + 10).slice(BARS, BARS + 10))


def test_a_flipped_bit_of_the_terminal_is_found_wherever_it_is(desk: PaperDesk, capsys: Printed) -> None:
    terminal = desk.state / "paper" / "terminal.bin"
    written = terminal.read_bytes()
    for part in (0.0, 0.05, 0.3, 0.5, 0.75, 0.97):
        damaged = bytearray(written)
        damaged[int(part * len(written))] ^= 1
        terminal.write_bytes(damaged)
        assert run(["reconcile", "--ledger", "paper", *ALWAYS]) == 5
        assert "is no state of this terminal" in capsys.readouterr().err
