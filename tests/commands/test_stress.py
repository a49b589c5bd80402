"""``ictcli stress``: runs scenarios, keeps a certificate, leaves with the exit code of its verdict."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.clock import now_ns
from ictcli.store.locks import exclusive
from ictcli.stress import load
from ictcli.stress.scenarios import throughput
from ictcli.workspace import create

ASK = ["stress", "--scenario", "throughput"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, and a load of a second: too few orders for every claim."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    monkeypatch.setenv("ICTCLI_TRADE__WARM_UP", "60")
    monkeypatch.setenv("ICTCLI_STRESS__SIGNAL_TO_ORDER_MS", "60000")  # whatever else the machine does
    monkeypatch.setitem(throughput._ENOUGH, "quick", 30)
    monkeypatch.setattr(load, "SETTLED", 3)
    monkeypatch.setattr(load, "_REHEARSED", (60, 5))
    return tmp_path


def kept(desk: Path) -> tuple[Any, str]:
    """Document and page of the only certificate."""
    (page,) = (desk / "reports").glob("*.html")
    return json.loads(page.with_suffix(".json").read_text()), page.read_text()


def test_too_few_measurements_leave_with_3_and_a_certificate(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ASK, "--json"]) == 3
    shown = capsys.readouterr()
    document, page = kept(desk)
    assert json.loads(shown.out) == document
    assert document["verdict"] == "inconclusive"
    assert "not shown, n is too small" in shown.err
    assert "throughput: inconclusive" in shown.err
    assert "signal to order" in page
    assert document["provenance"]["argv"] == [*ASK, "--json"]
    assert not (desk / "state" / "stress").exists()
    assert not (desk / "state" / "ledger").exists()


def test_what_is_only_not_shown_may_be_allowed(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "here").mkdir()
    assert run([*ASK, "--allow-inconclusive", "--out", "here/mine.html"]) == 0
    assert "n too small" in capsys.readouterr().out
    assert (desk / "here" / "mine.json").exists()
    assert not (desk / "reports").exists()


def test_a_missed_threshold_is_not_allowed(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICTCLI_STRESS__SIGNAL_TO_ORDER_MS", "0.001")
    assert run([*ASK, "--allow-inconclusive"]) == 3
    assert "FAILED" in capsys.readouterr().out


def test_ctrl_c_ends_in_good_order_and_marks_what_was_measured(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = load._Seen.note

    def pressing(self: Any, finished: int) -> None:
        plain(self, finished)
        if len(self.closes) == 6:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(load._Seen, "note", pressing)
    assert run([*ASK, "--scenario", "memory", "--strategy", "random_entry"]) == 130
    shown = capsys.readouterr()
    document, page = kept(desk)
    assert not document["finished"]
    assert document["not_finished"] == ["throughput", "memory"]
    assert document["scenarios"][0]["claims"][1]["n"] > 0
    assert "not finished" in page
    assert "stopped before its end" in shown.out
    assert "ending in good order" in shown.err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--out", "x.txt"], "ends in .html"),
        (["--duration", "0s"], "no time at all"),
        (["--duration", "long"], "--duration"),
        (["--scenario", "sunshine"], "sunshine"),
        (["--symbols", "0"], "--symbols"),
        (["--scenario", "symbols", "--strategy", "nothing_such"], "nothing_such"),
        (["--scenario", "symbols", "--strategy", "random_entry", "--param", "wings=2"], "wings"),
        (["-t", "H4"], "at most H1"),
        (["-t", "M1", "-t", "W1"], "the longest D1"),
        (["--duration", "10s"], "--duration changes nothing in throughput"),
        (["--symbols", "5"], "add one of the scenarios that heed it: symbols"),
        (["--seeds", "5"], "connectivity, corruption"),
        (["--strategy", "fvg_retest"], "--strategy changes nothing in throughput"),
        (["--param", "probability=0.5"], "add one of the scenarios that trade them: symbols, memory"),
        (["--scenario", "limits", "--duration", "10s"], "in throughput, limits"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    desk: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    assert run([*ASK, *more]) == 2
    assert words in capsys.readouterr().err
    assert not (desk / "reports").exists()


def test_longer_bars_are_refused_where_nothing_trades_them(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["stress", "--scenario", "limits", "-t", "M5"]) == 2
    assert "symbols, throughput, memory" in capsys.readouterr().err


def test_what_a_killed_run_left_is_told_and_removed(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = desk / "state" / "stress" / "recovery" / "kills"
    left.mkdir(parents=True)
    (left / "trader.json").write_bytes(bytes(3 * 2**19))
    run(["doctor", "--json"])
    rows = {row["check"]: row for row in json.loads(capsys.readouterr().out)["checks"]}
    assert rows["stress"]["state"] == "warn"
    assert "(1.5 MiB)" in rows["stress"]["detail"]
    assert run([*ASK, "--allow-inconclusive"]) == 0
    assert "what a killed run left" in capsys.readouterr().err
    assert not (desk / "state" / "stress").exists()
    document, _ = kept(desk)
    assert document["strategies_traded_by"] == []


def test_two_at_once_would_disturb_each_other_and_are_refused(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with exclusive(desk / "state" / "stress.lock", "stress", now=now_ns(), doing="running"):
        assert run(ASK) == 12
    assert "stress" in capsys.readouterr().err


def test_without_a_strategy_it_says_what_to_add(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stress"]) == 2
    assert "--strategy NAME" in capsys.readouterr().err
