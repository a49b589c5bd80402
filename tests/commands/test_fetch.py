"""``ictcli fetch``: options, streams, exit codes, the JSON document."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from ictcli.__main__ import run
from ictcli.workspace import create
from tests.sources.ingesting import rows_of, weekday_minutes, write


@dataclass(frozen=True)
class Done:
    """A finished run."""

    returncode: int
    stdout: str
    stderr: str


class Run(Protocol):
    """Runs ``ictcli`` in a workspace."""

    def __call__(self, *args: str, cwd: Path | None = None) -> Done: ...


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    create(folder)
    return folder


@pytest.fixture
def ictcli(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def called(*args: str, cwd: Path | None = None) -> Done:
        monkeypatch.chdir(cwd or tmp_path)
        capsys.readouterr()
        code = run(list(args))
        out, err = capsys.readouterr()
        return Done(int(code), out, err)

    return called


@pytest.fixture
def export(workspace: Path) -> Path:
    return write(workspace / "EURUSD_M1.csv", rows_of(weekday_minutes(900)))


def test_a_file_is_stored_and_its_quality_printed(ictcli: Run, workspace: Path, export: Path) -> None:
    done = ictcli("fetch", "--path", export.name, "--label", "desk", "--source-tz", "utc", cwd=workspace)

    assert done.returncode == 0, done.stderr
    assert "desk/EURUSD/M1" in done.stdout
    assert "100.00 %" in done.stdout


def test_the_json_document_keeps_its_shape(ictcli: Run, workspace: Path, export: Path) -> None:
    done = ictcli("fetch", "--path", export.name, "--source-tz", "utc", "--json", cwd=workspace)
    document = json.loads(done.stdout)
    (series,) = document["series"]

    assert list(document) == ["schema", "command", "series"]
    assert (document["schema"], document["command"]) == (1, "fetch")
    assert series == {
        "source": "file",
        "symbol": "EURUSD",
        "timeframe": "M1",
        "rows_in": 900,
        "added": 900,
        "revised": 0,
        "unchanged": 0,
        "quarantined": {},
        "reported": {},
        "up_to_date": False,
        "stored": {
            "rows": 900,
            "first": "2024-06-03T00:00:00Z",
            "last": "2024-06-03T14:59:00Z",
            "digits": 5,
            "gaps": {},
            "missing_bars": 0,
            "longest_missing": None,
            "completeness": 100.0,
        },
        "inputs": [
            {
                "name": "EURUSD_M1.csv",
                "format": "generic_csv",
                "rows": 900,
                "clock": "utc",
                "clock_by": "given",
                "clock_evidence": [],
                "quarantined": {},
                "reported": {},
                "outside_span": 0,
                "notes": [],
                "signs_of_synthesis": {},
                "up_to_date": False,
            }
        ],
    }


def test_unchanged_input_is_up_to_date(ictcli: Run, workspace: Path, export: Path) -> None:
    arguments = ("fetch", "--path", export.name, "--source-tz", "utc")
    ictcli(*arguments, cwd=workspace)
    again = ictcli(*arguments, "--json", cwd=workspace)

    assert again.returncode == 0
    assert json.loads(again.stdout)["series"][0]["up_to_date"] is True


def test_a_clock_is_not_guessed_where_nobody_can_be_asked(ictcli: Run, workspace: Path) -> None:
    path = write(workspace / "EURUSD_M5.csv", rows_of(weekday_minutes(6000, 5), 180))
    asked = ictcli("fetch", "--path", path.name, cwd=workspace)
    accepted = ictcli("fetch", "--path", path.name, "--yes", cwd=workspace)

    assert asked.returncode == 2
    assert "week opens" in asked.stderr
    assert "--source-tz" in asked.stderr
    assert accepted.returncode == 0, accepted.stderr
    assert "week opens" in accepted.stderr


def test_an_ambiguous_clock_is_refused_even_with_yes(ictcli: Run, workspace: Path, export: Path) -> None:
    done = ictcli("fetch", "--path", export.name, "--yes", cwd=workspace)

    assert done.returncode == 2
    assert "--source-tz" in done.stderr


def test_a_contradicted_clock_is_refused_with_code_5(ictcli: Run, workspace: Path) -> None:
    path = write(workspace / "EURUSD_M5.csv", rows_of(weekday_minutes(6000, 5), 180))
    done = ictcli("fetch", "--path", path.name, "--source-tz", "utc", "--json", cwd=workspace)

    assert done.returncode == 5
    assert json.loads(done.stdout)["error"]["name"] == "DataError"


def test_check_finds_unexplained_gaps(ictcli: Run, workspace: Path) -> None:
    rows = rows_of(weekday_minutes(900))
    path = write(workspace / "EURUSD_M1.csv", rows[:300] + rows[400:])
    done = ictcli("fetch", "--path", path.name, "--source-tz", "utc", "--check", cwd=workspace)

    assert done.returncode == 3
    assert "1 unexplained gaps (100 bars) in file/EURUSD/M1" in done.stderr
    assert "file/EURUSD/M1" in done.stdout


def test_without_arguments_every_source_is_refreshed_and_one_failure_stops_no_other(
    ictcli: Run, workspace: Path, export: Path
) -> None:
    config = workspace / "config" / "ictcli.toml"
    with config.open("a", encoding="utf-8") as stream:
        stream.write('\n[sources.gone]\nkind = "file"\npath = "nowhere/*.csv"\n')
        stream.write(f'\n[sources.desk]\nkind = "file"\npath = "{export.name}"\nsource_tz = "utc"\n')
    done = ictcli("fetch", "--json", cwd=workspace)
    document = json.loads(done.stdout)

    assert done.returncode == 5
    assert "desk" in [series["source"] for series in document["series"]]
    assert [failure["source"] for failure in document["failed"]] == ["gone"]


def test_nothing_to_refresh_says_what_to_do(ictcli: Run) -> None:
    done = ictcli("fetch")

    assert done.returncode == 2
    assert "--source sim" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--source", "nope"], "no source is called"),
        (["--source", "file"], "needs --path"),
        (["--source", "sim", "--source-tz", "utc"], "--source-tz does not apply"),
        (["--path", "x.csv", "--edge", "1"], "--edge does not apply"),
        (["--path", "x.csv", "--column", "close"], "not OURS=THEIRS"),
        (["--path", "x.csv", "--source-tz", "mars"], "no file matches"),
        (["--label", "x"], "need --source"),
    ],
)
def test_options_that_do_not_fit_are_refused(ictcli: Run, arguments: list[str], says: str) -> None:
    done = ictcli("fetch", *arguments)

    assert done.returncode in (2, 5)
    assert says in done.stderr


def test_a_simulated_market_is_fetched_and_then_up_to_date(ictcli: Run, workspace: Path) -> None:
    arguments = ("fetch", "EURUSD", "XAUUSD", "--source", "sim", "--label", "null", "-t", "H1")
    span = ("--start", "2024-01-01", "--end", "2024-02-01", "--seed", "7", "--edge", "0", "--json")
    first = ictcli(*arguments, *span, cwd=workspace)
    again = ictcli(*arguments, *span, cwd=workspace)

    assert first.returncode == 0, first.stderr
    series = json.loads(first.stdout)["series"]
    assert [each["symbol"] for each in series] == ["EURUSD", "XAUUSD"]
    assert all(each["added"] > 400 and each["source"] == "null" for each in series)
    assert all(each["up_to_date"] for each in json.loads(again.stdout)["series"])


def test_simulated_ticks_are_stored_as_ticks(ictcli: Run, workspace: Path) -> None:
    span = ("--start", "2024-01-02", "--end", "2024-01-03")
    done = ictcli("fetch", "EURUSD", "--source", "sim", "-t", "tick", *span, "--json", cwd=workspace)
    (series,) = json.loads(done.stdout)["series"]

    assert (series["timeframe"], done.returncode) == ("TICK", 0)
    assert series["added"] > 1000


def test_a_part_of_a_simulated_market_joins_the_whole(ictcli: Run, workspace: Path) -> None:
    base = ("fetch", "EURUSD", "--source", "sim", "-t", "H1", "--end", "2024-02-01", "--json")
    ictcli(*base, "--start", "2024-01-15", cwd=workspace)
    whole = ictcli(*base, cwd=workspace)
    (series,) = json.loads(whole.stdout)["series"]

    assert series["revised"] == 0
    assert series["unchanged"] > 200


def stored_bars(ictcli: Run, workspace: Path, label: str) -> str:
    columns = "ts, open, high, low, close, tick_volume, spread"
    done = ictcli(
        "query", f"SELECT {columns} FROM bars_all WHERE source = '{label}' ORDER BY ts", cwd=workspace
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("timeframe", ["M15", "H4", "D1"])
def test_a_later_start_shows_the_same_market_and_joins_without_a_seam(
    ictcli: Run, workspace: Path, timeframe: str
) -> None:
    base = ("fetch", "EURUSD", "--source", "sim", "-t", timeframe)
    first, middle, last = "2024-01-01", "2024-01-18", "2024-02-01"
    for label, spans in {
        "whole": [(first, last)],
        "forward": [(first, middle), (middle, last)],
        "backward": [(middle, last), (first, middle)],
    }.items():
        for start, end in spans:
            done = ictcli(*base, "--label", label, "--start", start, "--end", end, cwd=workspace)
            assert done.returncode == 0, done.stderr

    whole = stored_bars(ictcli, workspace, "whole")
    assert whole.count("2024-01") > 10
    assert stored_bars(ictcli, workspace, "forward") == whole
    assert stored_bars(ictcli, workspace, "backward") == whole


def test_a_start_before_the_market_is_refused_naming_the_key_to_set(ictcli: Run, workspace: Path) -> None:
    done = ictcli("fetch", "EURUSD", "--source", "sim", "--start", "2020-01-01", cwd=workspace)

    assert done.returncode == 2
    assert "begins at 2024-01-01" in done.stderr
    assert '[sources.sim] kind = "sim", start = "2020-01-01"' in done.stderr


def test_two_simulated_markets_do_not_mix_under_one_label(ictcli: Run, workspace: Path) -> None:
    base = ("fetch", "EURUSD", "--source", "sim", "-t", "H1", "--end", "2024-02-01")
    ictcli(*base, "--seed", "1", cwd=workspace)
    other = ictcli(*base, "--seed", "2", cwd=workspace)

    assert other.returncode == 5
    assert "--label" in other.stderr


def test_a_lost_part_is_made_again_and_said_so(ictcli: Run, workspace: Path, export: Path) -> None:
    args = ("fetch", "--path", export.name, "--label", "desk", "--source-tz", "utc")
    assert ictcli(*args, cwd=workspace).returncode == 0
    part = next((workspace / "data").rglob("month=*/*.parquet"))
    content = part.read_bytes()
    part.unlink()

    done = ictcli(*args, cwd=workspace)

    assert done.returncode == 0, done.stderr
    assert "desk/EURUSD/M1: 1 damaged or missing file made again" in done.stderr
    assert part.read_bytes() == content


def test_a_fetch_of_nothing_new_still_puts_the_catalog_right(
    ictcli: Run, workspace: Path, export: Path
) -> None:
    args = ("fetch", "--path", export.name, "--label", "desk", "--source-tz", "utc")
    assert ictcli(*args, cwd=workspace).returncode == 0
    catalog, draft = workspace / "data" / "catalog.duckdb", workspace / "data" / ".tmp-1-catalog.duckdb"
    catalog.unlink()
    draft.write_bytes(b"half")

    assert ictcli(*args, cwd=workspace).returncode == 0

    assert catalog.exists()
    assert not draft.exists()
