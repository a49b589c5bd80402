"""detect --follow, and how the kept log of detect grows, on a real store in a real workspace."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.store.store import Store
from tests.detectors.test_following import START, walk

Ask = Callable[..., tuple[int, str, str]]
KEPT = {"swing", "structure", "fvg", "kill_zone", "smt"}


@pytest.fixture
def few_detectors() -> Iterator[None]:
    """Some detectors only; afterwards all of them, in their order."""
    every = dict(DETECTORS)
    for name in set(DETECTORS) - KEPT:
        del DETECTORS[name]
    yield
    DETECTORS.clear()
    DETECTORS.update(every)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_detectors: None) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "ictcli.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    grow(tmp_path, 200)
    return tmp_path


@pytest.fixture
def ask(workspace: Path, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Run a command line; its exit code, stdout and stderr."""

    def go(*argv: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run(list(argv))
        shown = capfd.readouterr()
        return code, shown.out, shown.err

    return go


def grow(workspace: Path, bars: int, symbol: str = "EURUSD", change: int | None = None) -> None:
    rows = walk(bars)
    if change is not None:
        rows.high[change] += 40
    store = Store(workspace / "data", workspace / "state", 0)
    with store.writer(SeriesKey("sim", symbol, TIMEFRAMES["M1"]), {}, now=START) as writer:
        writer.add(rows)
        writer.commit(lambda *_: [])


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def events(ask: Ask) -> list[dict[str, Any]]:
    return lines(ask("detect", "EURUSD", "-t", "M1", "--events", "--nl")[1])


def interrupt_after(monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], None]) -> None:
    """Let things happen while the follower sleeps; then press Ctrl-C."""
    pending = list(steps)

    def sleep(_seconds: float) -> None:
        if not pending:
            raise KeyboardInterrupt
        pending.pop(0)()

    monkeypatch.setattr(time, "sleep", sleep)


def test_follow_tells_each_new_record_once_and_ends_with_ctrl_c(
    ask: Ask, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(events(ask))
    interrupt_after(monkeypatch, lambda: grow(workspace, 201), lambda: None, lambda: grow(workspace, 240))
    code, out, err = ask("detect", "EURUSD", "-t", "M1", "--follow")
    assert code == 130
    assert "following sim/EURUSD/M1" in err
    assert err.splitlines()[-1] == "stopped"
    assert "error" not in err
    monkeypatch.undo()
    monkeypatch.chdir(workspace)
    told = lines(out)
    assert [row.pop("seq") for row in told] == list(range(before, before + len(told)))
    assert told == events(ask)[before:]


def test_follow_respects_kind_and_start(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_after(monkeypatch)
    code, out, _ = ask(
        "detect", "EURUSD", "-t", "M1", "--follow", "--kind", "fvg", "--start", "2024-01-03T01:00Z"
    )
    told = lines(out)
    assert code == 130
    assert {row["kind"] for row in told} == {"fvg"}
    assert min(row["at"] for row in told) >= "2024-01-03T01:00:00Z"


def test_new_bars_extend_the_log_and_a_changed_bar_is_a_data_revision(ask: Ask, workspace: Path) -> None:
    first = events(ask)
    grow(workspace, 240)
    assert events(ask)[: len(first)] == first
    grow(workspace, 240, change=120)
    _, _, err = ask("detect", "EURUSD", "-t", "M1")
    assert "data_revision: closed bars changed from 2024-01-03T02:00:00Z on" in err
    question = 'SELECT symbol, "first", bars_before, withdrawn > 0 AS some FROM detection_revisions'
    code, out, _ = ask("query", question, "--json")
    assert code == 0
    (row,) = json.loads(out)["rows"]
    assert row == {"symbol": "EURUSD", "first": "2024-01-03T02:00:00Z", "bars_before": 240, "some": True}


def test_the_catalog_unites_ended_and_open_objects_of_all_series(ask: Ask, workspace: Path) -> None:
    grow(workspace, 150, "GBPUSD")
    code, out, _ = ask("detect", "-t", "M1", "--nl")
    assert code == 0
    found = lines(out)
    columns = "id, kind, state, mitigated_at IS NULL AS whole, parents"
    rows = json.loads(ask("query", f"SELECT {columns} FROM detections", "--json")[1])["rows"]
    assert sorted(row["id"] + row["state"] for row in rows) == sorted(
        row["id"] + row["state"] for row in found
    )
    code, out, _ = ask("query", "SELECT count(*) AS n FROM detection_events", "--format", "csv")
    assert code == 0


def test_a_detector_that_cannot_work_is_left_out_with_a_note_and_refused_by_name(ask: Ask) -> None:
    if "smt" not in DETECTORS:
        pytest.skip("no detector compares two symbols")
    code, _, err = ask("detect", "EURUSD", "-t", "M1")
    assert (code, "left out on M1: smt (needs --with)" in err) == (0, True)
    code, _, err = ask("detect", "EURUSD", "-t", "M1", "--kind", "smt")
    assert (code, "needs a second symbol" in err) == (2, True)


def test_the_second_symbol_is_kept_until_another_one(ask: Ask, workspace: Path) -> None:
    grow(workspace, 200, "GBPUSD")
    _, out, err = ask("detect", "EURUSD", "-t", "M1", "--with", "GBPUSD", "--json")
    assert json.loads(out)["series"][0]["with"] == "sim/GBPUSD"
    assert "sim/EURUSD/M1: compared with sim/GBPUSD; kept until another --with, or --with none\n" in err
    assert "in common" not in err
    _, out, err = ask("detect", "EURUSD", "-t", "M1", "--json")
    assert json.loads(out)["series"][0]["with"] == "sim/GBPUSD"
    assert "up to date" in err
    assert "compared with sim/GBPUSD as last time; --with none ends that\n" in err
    assert "compared" not in ask("detect", "EURUSD", "-t", "M1", "--with", "GBPUSD")[2]
    grow(workspace, 200, "USDJPY")
    moment = ("--as-of", "2024-01-03T03:00Z")
    _, _, err = ask("detect", "EURUSD", "-t", "M1", "--with", "USDJPY", *moment)
    assert "compared with sim/USDJPY instead of sim/GBPUSD; this time only\n" in err
    _, _, err = ask("detect", "EURUSD", "-t", "M1", "--with", "none", *moment)
    assert "not compared with sim/GBPUSD this time\n" in err
    _, _, err = ask("detect", "EURUSD", "-t", "M1", "--with", "USDJPY")
    assert "compared with sim/USDJPY instead of sim/GBPUSD; kept until another --with" in err
    _, out, err = ask("detect", "EURUSD", "-t", "M1", "--with", "none", "--json")
    assert json.loads(out)["series"][0]["with"] is None
    assert "no longer compared with sim/USDJPY\n" in err
    assert "compared" not in ask("detect", "EURUSD", "-t", "M1", "--with", "none")[2]
    assert ask("detect", "EURUSD", "-t", "M1", "--with", "EURUSD")[0] == 2


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--interval", "2"], "--follow"),
        (["--speed", "60"], "--follow"),
        (["--follow", "--nl"], "--nl"),
        (["--follow", "--speed", "60"], "simulated"),
    ],
)
def test_what_cannot_be_followed_is_refused(ask: Ask, workspace: Path, argv: list[str], words: str) -> None:
    if "--speed" in argv and "--follow" in argv:
        (workspace / "config" / "ictcli.toml").write_text('[sources.sim]\nkind = "file"\npath = "x"\n')
    code, _, err = ask("detect", "EURUSD", "-t", "M1", *argv)
    assert code == 2
    assert words in err


def test_wrong_parameters_are_a_config_error(ask: Ask, workspace: Path) -> None:
    (workspace / "config" / "ictcli.toml").write_text("[detect.params.fvg]\nmin_size_atr = -1.0\n")
    code, _, err = ask("detect", "EURUSD", "-t", "M1")
    assert (code, "detect.params.fvg" in err) == (4, True)
    assert not (workspace / "data" / "detections").exists()


def test_a_second_symbol_without_a_bar_in_common_is_told(ask: Ask, workspace: Path) -> None:
    rows = walk(400)
    store = Store(workspace / "data", workspace / "state", 0)
    with store.writer(SeriesKey("sim", "GBPUSD", TIMEFRAMES["M1"]), {}, now=START) as writer:
        writer.add(rows.slice(200, 400))
        writer.commit(lambda *_: [])
    code, _, err = ask("detect", "EURUSD", "-t", "M1", "--with", "GBPUSD")
    assert code == 0
    assert "warning: sim/EURUSD/M1 and sim/GBPUSD have 0 bars in common" in err


def test_a_damaged_log_is_computed_again(ask: Ask, workspace: Path) -> None:
    before = events(ask)
    part = next((workspace / "data" / "detections").rglob("events-*.parquet"))
    content = part.read_bytes()
    part.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
    assert events(ask) == before


def test_a_simulated_market_goes_on_while_it_is_followed(
    ask: Ask, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = ("--start", "2024-01-03", "--end", "2024-01-05T21:58Z")
    assert ask("fetch", "XAUUSD", "--source", "sim", "-t", "M1", *span)[0] == 0
    interrupt_after(monkeypatch, lambda: None, lambda: None)
    code, out, _ = ask("detect", "XAUUSD", "-t", "M1", "--follow", "--interval", "1", "--speed", "3600")
    assert code == 130
    told = lines(out)
    assert told[0]["at"] > "2024-01-05T21:57:00Z"
    assert told[-1]["at"] > "2024-01-07T23:00:00Z", "the weekend takes no time"
