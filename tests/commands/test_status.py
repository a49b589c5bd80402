"""``ictcli status``: series, freshness, faults, runs, disk."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ictcli.__main__ import run
from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND, now_ns
from ictcli.config.alerts import AlertsConfig
from ictcli.ledger.address import paper_place
from ictcli.ledger.journal import open_journal
from ictcli.market.bars import SeriesKey, make_bars
from ictcli.market.gaps import Gap
from ictcli.market.timeframes import parse_timeframe
from ictcli.operations.alerts import Alert
from ictcli.operations.backup_log import Done, note
from ictcli.operations.baselines import WINDOW
from ictcli.operations.outbox import outbox
from ictcli.output import Output
from ictcli.overview import age, apart, overview_text
from ictcli.store.records import QuarantinedRow
from ictcli.store.store import Store
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from ictcli.workspace import create
from tests.ledger.stories import NOW, start
from tests.operations.desks import keep_terminal
from tests.operations.test_baselines_history import keep as keep_samples

M1 = parse_timeframe("M1")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with three one-minute bars that ended two hours ago, a gap and a quarantined row."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    last = (now_ns() - 2 * NS_PER_HOUR) // NS_PER_MINUTE * NS_PER_MINUTE
    ts = np.array([last - 10 * NS_PER_MINUTE, last - NS_PER_MINUTE, last], np.int64)
    flat = np.array([100, 100, 100], np.int64)
    bars = make_bars(5, ts, ts + NS_PER_MINUTE, (flat, flat, flat, flat))
    gap = Gap(int(ts[0]) + NS_PER_MINUTE, int(ts[1]), "missing", 8)
    store = Store(tmp_path / "data", tmp_path / "state", NS_PER_DAY)
    with store.writer(SeriesKey("broker", "EURUSD", M1), {}) as writer:
        writer.add(bars)
        writer.quarantine([QuarantinedRow("a.csv", 7, "nan", "x,y")])
        writer.commit(lambda ts, ts_close: [gap])
    return tmp_path


def test_a_series_is_shown_with_rows_span_age_and_faults(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["status", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (series,) = document["series"]
    assert (series["source"], series["symbol"], series["timeframe"]) == ("broker", "EURUSD", "M1")
    assert (series["rows"], series["quarantined"], series["gaps"]) == (3, 1, {"missing": 1})
    assert series["age"] in {"1h", "2h"}
    assert series["first"].endswith("Z")
    assert document["disk_bytes"] > 0


def test_one_screen_for_people(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status"]) == 0
    text = capsys.readouterr().out
    assert "broker/EURUSD/M1" in text
    assert "quarantined" in text


def test_the_last_runs_come_newest_first(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = Store(desk / "data", desk / "state", 0).runs
    runs.create("one", {"strategy": "a", "timeframe": "M15", "trades": 5}, {})
    runs.create("two", {"strategy": "b", "timeframe": "M5", "trades": 6, "gate": {"verdict": "FAIL"}}, {})
    run(["status", "--json"])
    shown = json.loads(capsys.readouterr().out)["runs"]
    assert [(one["run"], one["trades"], one["gate"]) for one in shown] == [
        ("two", 6, "FAIL"),
        ("one", 5, None),
    ]
    run(["status"])
    assert "FAIL" in capsys.readouterr().out


def test_nothing_stored_names_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["status"]) == 0
    assert "ictcli fetch" in capsys.readouterr().out


def test_what_must_be_seen_to_stands_above_what_is_stored(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Latch(control_folder(desk / "state")).engage("drill", "me", now_ns())
    with outbox(desk / "state", now=now_ns()) as box:
        box.take([Alert("key", "broker_silent", "critical", "no answer", now_ns())], AlertsConfig(), now_ns())
    assert run(["status"]) == 0
    text = capsys.readouterr().out
    assert text.index("HALTED since") < text.index("alerts that nobody acknowledged: 1 critical")
    assert text.index("alerts that nobody acknowledged") < text.index("broker/EURUSD/M1")


def test_an_unusual_measurement_is_shown(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    today = now_ns() // NS_PER_DAY * NS_PER_DAY
    last = (now_ns() // WINDOW - 1) * WINDOW
    rng = np.random.default_rng(1)
    for back in (4, 3, 2):
        keep_samples(desk / "data", today - back * NS_PER_DAY, rng.lognormal(-2.0, 0.3, 8640))
    keep_samples(desk / "data", last, np.full(90, 5.0))
    monkeypatch.setenv("ICTCLI_METRICS__FALSE_ALARM", "0.01")
    assert run(["status"]) == 0
    assert "UNUSUAL turn_gap_seconds: 5, usually 0.13" in capsys.readouterr().out


def test_a_hundred_series_still_fit_on_a_screen_and_the_stalest_is_named(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["status", "--json"])
    document = json.loads(capsys.readouterr().out)
    first = document["series"][0]
    document["series"] = [
        {**first, "symbol": f"S{n:03}", "last": f"2026-01-{n % 28 + 1:02}"} for n in range(100)
    ]
    document["series"][40] = {**first, "symbol": "OLD", "last": "2020-01-01", "age": "6y"}
    text = overview_text(document, Output())
    assert len(text.splitlines()) < 25
    assert "and 88 more, the oldest broker/OLD/M1 of 6y; all of them with --json" in text


def test_a_ledger_whose_server_is_away_does_not_hide_the_rest(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    monkeypatch.setenv("ICTCLI_LEDGER_URL", "postgresql://me:CANARY@127.0.0.1:1/ledger?connect_timeout=2")
    Latch(control_folder(desk / "state")).engage("drill", "me", now_ns())
    assert run(["status"]) == 6
    printed = capsys.readouterr()
    assert "HALTED since" in printed.out
    assert "the broker ledger CANNOT BE READ: cannot reach the ledger" in printed.out
    assert "broker/EURUSD/M1" in printed.out
    assert "CANARY" not in printed.out + printed.err
    assert run(["status", "--json"]) == 6
    document = json.loads(capsys.readouterr().out)
    assert document["trading"]["halt"]["reason"] == "drill"
    assert "127.0.0.1:1" in document["trading"]["unreachable"]
    assert len(document["series"]) == 1


def test_a_ledger_that_is_gone_is_told_after_the_rest_with_exit_5(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = paper_place(desk / "state")
    with open_journal(place, now=now_ns(), durable=False) as journal:
        journal.append([start()], now_ns())
    Latch(control_folder(desk / "state")).engage("drill", "me", now_ns())
    assert place.address.file is not None
    for file in place.address.file.parent.glob("ledger.db*"):
        file.unlink()
    assert run(["status"]) == 5
    printed = capsys.readouterr()
    assert "HALTED since" in printed.out
    assert "the paper ledger CANNOT BE READ: no ledger at" in printed.out
    assert "broker/EURUSD/M1" in printed.out
    assert "damaged: the paper ledger; the rest is shown" in printed.err
    assert run(["status", "--json"]) == 5
    (damaged,) = json.loads(capsys.readouterr().out)["trading"]["damaged"]
    assert damaged["ledger"] == "paper"


def test_a_ledger_without_its_key_is_shown_and_told(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_journal(paper_place(desk / "state"), now=now_ns(), durable=False) as journal:
        journal.append([start()], now_ns())
    (desk / "state" / "secret.key").unlink()
    assert run(["status"]) == 5
    printed = capsys.readouterr()
    assert "the paper ledger CANNOT BE READ" in printed.out
    assert "secret.key is missing" in printed.out
    assert "broker ledger" not in printed.out
    assert "Put the copy of the key back" in printed.err


def test_a_damaged_side_file_takes_nothing_else_off_the_screen(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_journal(paper_place(desk / "state"), now=now_ns(), durable=False) as journal:
        journal.append([start()], now_ns())
    keep_terminal(desk / "state" / "paper" / "terminal.bin")
    for name in ("recon.db", "outbox.db"):
        (desk / "state" / name).write_text("garbage" * 100)
    assert run(["status", "--metrics", "status.prom"]) == 5
    printed = capsys.readouterr()
    assert "reconciliations CANNOT BE READ" in printed.out
    assert "alerts CANNOT BE READ" in printed.out
    assert "paper ledger, " in printed.out
    assert "damaged: reconciliations and alerts; the rest is shown" in printed.err
    assert not Path("status.prom").exists()


def test_the_same_goes_into_a_file_for_prometheus(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="needs the extra `operate`")
    assert run(["status", "-q", "--metrics", "ictcli.prom"]) == 0
    text = (desk / "ictcli.prom").read_text(encoding="utf-8")
    found = {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["ictcli_halt_state", ()] == 0
    assert 3600 < found["ictcli_series_age_seconds", ("broker", "EURUSD", "M1")] <= 2 * 3600 + 60
    assert found["ictcli_unacknowledged_alerts", ("critical",)] == 0
    assert found["ictcli_last_backup_timestamp_seconds", ()] == 0
    assert found["ictcli_disk_free_bytes", ()] > 0
    assert run(["status", "--metrics", "nowhere/x.prom"]) == 2


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (-5, "now"),
        (42 * NS_PER_SECOND, "42s"),
        (7 * NS_PER_MINUTE, "7m"),
        (47 * NS_PER_HOUR, "1d"),
        (5 * NS_PER_HOUR, "5h"),
    ],
)
def test_ages_in_their_largest_unit(span: int, shown: str) -> None:
    assert age(span) == shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-55.0, "agrees with ours, as far as a price tells that was 55.00 s old"),
        (2.5, "is 2.50 s ahead of ours"),
        (-0.4, "agrees with ours"),
    ],
)
def test_an_old_price_is_not_told_as_a_clock_that_is_behind(seconds: float, said: str) -> None:
    assert apart(seconds) == said


def test_a_desk_whose_ledgers_are_all_gone_does_not_look_new(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = desk / "state"
    note(state, Done(what="create", at=NOW, name="backup-x", ok=True, seconds=1.0, events=40))
    note(state, Done(what="create", at=NOW, name="backup-y", ok=True, seconds=1.0))
    assert run(["status"]) == 0
    assert "NO LEDGER IS HERE, and backup-x holds 40 events" in capsys.readouterr().out
    assert run(["doctor", "--json"]) == 0
    rows = {row["check"]: row for row in json.loads(capsys.readouterr().out)["checks"]}
    assert rows["ledgers"]["state"] == "warn"
    assert rows["ledgers"]["detail"] == "no ledger is here, and backup-x holds 40 events"
    assert rows["backups"]["state"] == "warn"


def test_a_control_folder_that_is_none_holds_since_nobody_knows_when(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    control = desk / "state" / "control"
    shutil.rmtree(control, ignore_errors=True)
    control.write_text("")
    assert run(["status"]) == 0
    assert "HALTED: the halt file exists and cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize("key", [b"", b"no key"])
def test_a_key_that_is_none_takes_nothing_else_off_the_screen(
    desk: Path, key: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_journal(paper_place(desk / "state"), now=now_ns(), durable=False) as journal:
        journal.append([start()], now_ns())
    (desk / "state" / "secret.key").write_bytes(key)
    assert run(["status"]) == 5
    shown = capsys.readouterr().out
    assert "the paper ledger CANNOT BE READ" in shown
    assert "broker/EURUSD/M1" in shown
