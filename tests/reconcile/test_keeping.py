"""``state/recon.db``: runs, findings and contracts stay, one writer at a time, bad files are explained."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ictcli.errors import Busy, DataError, SourceUnavailable
from ictcli.reconcile.freshness import Freshness, freshness
from ictcli.reconcile.keeping import FILE, keeping, last_runs, only_reconciliation
from ictcli.reconcile.kept_tables import reconcile_tables
from ictcli.reconcile.matching import Verdict
from ictcli.reconcile.outcome import Mode, Outcome
from ictcli.reconcile.story import INSTRUMENTS, table
from tests.reconcile.outcomes import DERIVED, END, KNOWN, ROOT, START, differing, outcome

OTHERS: list[tuple[str, Mode]] = [("", "statement_only"), ("broker", "backtest")]


def keep(state: Path, what: Outcome) -> int:
    with keeping(state) as kept:
        run = kept.begin(START, what.mode, what.ledger, what.against)
        kept.end(run, END, what)
    return run


def test_a_run_and_its_findings_stay(tmp_path: Path) -> None:
    what = outcome(ROOT, DERIVED, KNOWN, applied={ROOT.name: "booked"})
    assert keep(tmp_path, what) == 1
    tables = reconcile_tables(tmp_path, full=True)
    (run,) = tables["reconcile_runs"].to_pylist()
    assert (run["result"], run["code"], run["roots"], run["findings"], run["applied"]) == (
        "findings", 9, 1, 3, 1,
    )  # fmt: skip
    assert (run["stated"], run["computed"]) == (Decimal("10.10"), Decimal("10.00"))
    assert run["started"].isoformat() == "2023-11-14T22:13:20.123456+00:00"
    first, second, third = tables["reconcile_findings"].to_pylist()
    assert (first["kind"], first["key"], first["theirs"], first["ours"]) == (
        "missing_fill_local", "deal:7", "0.10 at 1.1", None,
    )  # fmt: skip
    assert (first["root"], first["applied"], first["evidence"]) == (True, "booked", ROOT.evidence)
    assert (second["root"], second["caused_by"], second["ts"]) == (
        False, '["missing_fill_local deal:7"]', None,
    )  # fmt: skip
    assert (third["root"], third["known"]) == (False, True)


def test_numbers_of_runs_go_up_and_the_last_of_each_ledger_is_told(tmp_path: Path) -> None:
    assert last_runs(tmp_path) == []
    runs = [keep(tmp_path, outcome(ledger=name)) for name in ("broker", "paper", "broker")]
    runs += [keep(tmp_path, outcome(ledger=name, mode=mode)) for name, mode in OTHERS]
    runs += [keep(tmp_path, outcome(ROOT))]
    assert runs == [1, 2, 3, 4, 5, 6]
    assert [(one.run, one.ledger) for one in last_runs(tmp_path)] == [(6, "broker"), (2, "paper")]
    assert [(one.run, one.ledger) for one in last_runs(tmp_path, ["clean"])] == [(3, "broker"), (2, "paper")]


def test_differences_from_a_backtest_stay_beside_the_last_result(tmp_path: Path) -> None:
    def told() -> Freshness:
        (one,) = freshness(tmp_path, ["broker"], now=END, stale_after=1)
        return one

    again = outcome(mode="backtest")
    apart = replace(again, verdict=Verdict("findings", ()), differences=differing(3))
    keep(tmp_path, apart)
    assert (told().result, told().differences, told().differed) == ("never", 3, END)
    keep(tmp_path, outcome())
    assert (told().result, told().run, told().roots) == ("clean", 2, 0)
    assert told().against_backtest == "3 differences from the backtest at 2023-11-14T22:13:27Z"
    first, _ = reconcile_tables(tmp_path, full=True)["reconcile_runs"].to_pylist()
    assert (first["mode"], first["result"], first["roots"], first["findings"]) == (
        "backtest",
        "findings",
        3,
        3,
    )
    rows = reconcile_tables(tmp_path, full=True)["reconcile_findings"].to_pylist()
    assert [(one["run"], one["number"], one["kind"], one["root"]) for one in rows] == [
        (1, number, "decision_diff", True) for number in (1, 2, 3)
    ]
    first = rows[0]
    assert (first["key"], first["field"], first["ours"], first["theirs"]) == (
        "bar:2023-11-14T22:13:20.123456Z", "EURUSD M5 sma_cross", None, "enter, long",
    )  # fmt: skip
    assert first["evidence"]
    keep(tmp_path, again)
    assert (told().differences, told().differed, told().against_backtest) == (0, 0, "")


def test_a_run_that_failed_or_was_killed_is_seen_as_such(tmp_path: Path) -> None:
    with keeping(tmp_path) as kept:
        kept.fail(kept.begin(START, "ledger", "broker", "desk"), END, SourceUnavailable("no terminal"))
        kept.begin(START, "ledger", "paper", "simulated")
    killed, failed = last_runs(tmp_path)
    (told,) = freshness(tmp_path, ["paper"], now=END, stale_after=1)
    assert (told.result, told.run, told.unfinished) == ("unfinished", killed.run, 0)
    assert (failed.result, failed.code, failed.error, failed.ended) == ("failed", 6, "no terminal", END)
    assert (killed.result, killed.code, killed.ended) == ("", None, None)


def test_a_run_that_was_killed_hides_no_result(tmp_path: Path) -> None:
    keep(tmp_path, outcome(ROOT))
    with keeping(tmp_path) as kept:
        kept.begin(END + 5, "ledger", "broker", "desk")

    def told() -> tuple[str, int, int, int]:
        (one,) = freshness(tmp_path, ["broker"], now=END, stale_after=1)
        return one.result, one.run, one.roots, one.unfinished

    assert told() == ("findings", 1, 1, END + 5)
    keep(tmp_path, outcome())
    assert told() == ("clean", 3, 0, 0)
    words = [one["result"] for one in reconcile_tables(tmp_path, full=True)["reconcile_runs"].to_pylist()]
    assert words == ["findings", "unfinished", "clean"]


def test_contracts_are_those_of_the_last_run_that_saw_them(tmp_path: Path) -> None:
    def seen(*rows: dict[str, object]) -> pl.DataFrame:
        return table(INSTRUMENTS, rows)

    gold = {"symbol": "XAUUSD", "digits": 2, "tick": 1_000_000, "step": 1_000_000, "contract": 100 * 10**8}
    euro = {"symbol": "EURUSD", "digits": 5, "tick": 1_000, "step": 1_000_000, "contract": 10**13}
    keep(tmp_path, outcome(instruments=seen(gold, euro)))
    keep(tmp_path, outcome(instruments=seen({**gold, "contract": 10 * 10**8})))
    keep(tmp_path, outcome(account="Demo/2", instruments=seen(euro)))
    with keeping(tmp_path) as kept:
        found = kept.instruments("Demo/1")
        assert found.schema == INSTRUMENTS
        assert found.select("symbol", "contract").rows() == [("EURUSD", 10**13), ("XAUUSD", 10 * 10**8)]
        assert kept.instruments("Demo/3").height == 0
    (euros,) = [
        row
        for row in reconcile_tables(tmp_path, full=True)["reconcile_instruments"].to_pylist()
        if row["account"] == "Demo/2"
    ]
    assert (euros["tick"], euros["contract"]) == (Decimal("0.00001"), Decimal(100_000))


def test_two_reconciliations_do_not_collide(tmp_path: Path) -> None:
    with (
        only_reconciliation(tmp_path, now=START),
        pytest.raises(Busy, match="this workspace is being reconciled by pid"),
        only_reconciliation(tmp_path, now=START),
    ):
        pass
    with only_reconciliation(tmp_path, now=START):
        pass


def test_a_reader_sees_what_is_written_while_the_writer_has_it_open(tmp_path: Path) -> None:
    with keeping(tmp_path) as kept:
        kept.end(kept.begin(START, "ledger", "broker", "desk"), END, outcome(ROOT))
        assert last_runs(tmp_path)[0].result == "findings"
        kept.begin(START, "ledger", "broker", "desk")
        assert last_runs(tmp_path)[0].result == ""


@pytest.mark.parametrize("content", [b"not a database" * 500, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DataError, match=r"cannot use .*recon\.db") as caught:
        last_runs(tmp_path)
    assert "\n" not in caught.value.message
    assert "move it away" in caught.value.hint
    with pytest.raises(DataError, match=r"cannot use .*recon\.db"), keeping(tmp_path):
        pass


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    keep(tmp_path, outcome())
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError, match="later version"), keeping(tmp_path):
        pass
    with pytest.raises(DataError, match="later version"):
        reconcile_tables(tmp_path, full=True)


def test_an_error_of_the_block_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="elsewhere"), keeping(tmp_path):
        raise OSError("elsewhere")


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    keep(tmp_path, outcome())
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_without_a_question_only_the_columns_are_told(tmp_path: Path) -> None:
    keep(tmp_path, outcome(ROOT))
    tables = reconcile_tables(tmp_path, full=False)
    assert {name: len(found) for name, found in tables.items()} == {
        "reconcile_runs": 0, "reconcile_findings": 0, "reconcile_instruments": 0,
    }  # fmt: skip
