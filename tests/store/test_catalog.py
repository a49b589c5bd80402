"""SQL sees what is stored, and nothing else."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ictcli.errors import DataError, UsageError
from ictcli.market.bars import SeriesKey
from ictcli.store.answers import rows
from ictcli.store.catalog import ask, build_catalog, connect, open_catalog, tables_named
from ictcli.store.store import Store
from ictcli.store.views import LeftOut
from tests.store.stored_bars import HOURLY, TICKS, hourly_bars, keep_log, new_store, put, quotes

VIEWS = (
    "bars",
    "bars_all",
    "detection_events",
    "detection_revisions",
    "detections",
    "equity",
    "gaps",
    "metrics",
    "models",
    "orders",
    "quarantine",
    "runs",
    "signals",
    "ticks",
    "trades",
)


def answer(store: Store, sql: str) -> list[tuple[object, ...]]:
    with connect(store) as connection:
        return [tuple(row.values()) for row in ask(store, connection, sql).read_all().to_pylist()]


def test_every_view_exists_in_an_empty_store(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    assert [row[0] for row in answer(store, "SHOW TABLES")] == list(VIEWS)
    assert all(answer(store, f"SELECT * FROM {view}") == [] for view in VIEWS)


def test_bars_show_exact_prices_and_utc_instants(tmp_path: Path) -> None:
    store, bars = new_store(tmp_path), hourly_bars(100)
    put(store, HOURLY, bars, name="a.csv")
    put(store, TICKS, quotes(50))
    rows = answer(store, "SELECT source, symbol, timeframe, close, ts FROM bars ORDER BY ts LIMIT 1")
    assert rows[0][:3] == ("sim", "EURUSD", "H1")
    assert rows[0][3] == Decimal(int(bars.close[0])).scaleb(-5)
    assert isinstance(rows[0][4], datetime)
    assert rows[0][4].isoformat() == "2024-01-01T00:00:00+00:00"
    assert answer(store, "SELECT count(*) FROM ticks") == [(50,)]
    assert answer(store, 'SELECT kind, bars, "end" > start FROM gaps')[0] == ("missing", 1, True)
    assert answer(store, "SELECT file, line, rule FROM quarantine") == [("a.csv", 7, "ohlc")]


def test_bars_hold_one_source_per_symbol_and_bars_all_holds_all(tmp_path: Path) -> None:
    plain = new_store(tmp_path)
    other = SeriesKey("ftmo", "EURUSD", HOURLY.timeframe)
    put(plain, HOURLY, hourly_bars(100))
    put(plain, other, hourly_bars(50, digits=6))
    assert answer(plain, "SELECT count(*) FROM bars") == [(0,)]
    connection, left_out = open_catalog(plain)
    connection.close()
    assert left_out == {"bars": [LeftOut("EURUSD", "H1", ("ftmo", "sim"), "")], "ticks": []}
    chosen = Store(plain.data_dir, plain.state_dir, 0, {"EURUSD": "ftmo"})
    assert answer(chosen, "SELECT DISTINCT source FROM bars") == [("ftmo",)]
    both = answer(chosen, "SELECT source, count(*) FROM bars_all GROUP BY ALL ORDER BY ALL")
    assert [row[0] for row in both] == ["ftmo", "sim"]


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO 'x.csv'",
        "ATTACH 'x.db'",
        "CREATE TABLE t AS SELECT 1",
        "SELECT 1; SELECT 2",
        "",
        "EXPLAIN ANALYZE SELECT 1",
        "EXPLAIN (analyse) SELECT 1",
        "SET threads = 1",
        "INSTALL httpfs",
        "PRAGMA version",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('../state/locks/catalog.lock')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM store",
        "SELEC",
        "SELECT CAST('x' || close AS INT) FROM bars",
    ],
)
def test_whatever_is_not_one_confined_select_is_refused(tmp_path: Path, sql: str) -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(5))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError) as caught:
        answer(store, sql)
    assert "\n" not in caught.value.message
    assert sorted(tmp_path.rglob("*")) == before


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(50))
    path = next((tmp_path / "data").rglob("2024-01-*.parquet"))
    path.write_bytes(b"\0" * path.stat().st_size)
    with pytest.raises(DataError, match=path.name):
        answer(store, "SELECT sum(close) FROM bars")


def test_a_lost_part_is_named_with_a_remedy_before_any_question(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(1000))
    path = next((tmp_path / "data").rglob("2024-01-*.parquet"))
    path.unlink()
    with pytest.raises(DataError, match=f"{path.name} is missing") as caught:
        answer(store, "SELECT 1")
    assert "ictcli fetch" in caught.value.hint


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT bars FROM gaps", {"gaps"}),
        ("FROM BARS", {"bars"}),
        ("SELECT * FROM (SELECT ts FROM bars) JOIN bars_all USING (ts)", {"bars", "bars_all"}),
        ("SELECT g.bars FROM gaps g, ticks t WHERE g.bars > 1", {"gaps", "ticks"}),
        ('SELECT 1 FROM gaps AS g JOIN "bars" ON g.kind = g.bars', {"gaps", "bars"}),
        ("SELECT 'from bars' -- from ticks\n FROM gaps", {"gaps"}),
        ("SUMMARIZE bars", {"bars"}),
    ],
)
def test_the_views_that_a_question_reads_are_known(sql: str, named: set[str]) -> None:
    assert tables_named(sql) & set(VIEWS) == named


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        ("1 year 2 months 3 days 4 hours 5 minutes 6.5 seconds", "P1Y2M3DT4H5M6.5S"),
        ("0 days", "PT0S"),
        ("90 minutes", "PT1H30M"),
        ("-14 months", "P-1Y-2M"),
        ("-90 seconds", "PT-1M-30S"),
        ("10 seconds", "PT10S"),
    ],
)
def test_intervals_are_iso_text(tmp_path: Path, interval: str, text: str) -> None:
    store = new_store(tmp_path)
    with connect(store) as connection:
        assert list(rows(ask(store, connection, f"SELECT INTERVAL '{interval}'"))) == [[text]]


def test_a_file_that_is_not_there_is_a_usage_error_that_says_where_files_may_be(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(5))
    with pytest.raises(UsageError, match="No files found") as caught:
        answer(store, f"FROM '{store.data_dir.as_posix()}/none.parquet'")
    assert str(store.data_dir) in caught.value.hint


def test_paths_with_pattern_characters_and_quotes_are_just_names(tmp_path: Path) -> None:
    store = new_store(tmp_path / "it's [a] dir")
    put(store, HOURLY, hourly_bars(20))
    assert answer(store, "SELECT count(*) > 0 FROM bars") == [(True,)]


def test_other_programs_open_the_catalog_file(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(20))
    build_catalog(store, tmp_path / "copy.duckdb")
    for path in (store.data_dir / "catalog.duckdb", tmp_path / "copy.duckdb"):
        with duckdb.connect(str(path), read_only=True) as connection:
            assert connection.execute("SELECT count(*) > 0 FROM bars").fetchall() == [(True,)]


def test_runs_trades_and_detections_appear_with_their_own_columns_too(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    trades = pa.table({"run": ["r1"], "symbol": ["EURUSD"], "net": [Decimal("1.50")], "mood": ["calm"]})
    document = {"created": "2026-01-02T03:04:05Z", "strategy": "s", "gate": {"verdict": "PASS"}}
    store.runs.create("r1", document, {"trades": trades})
    detections = pa.table({"id": ["z1"], "kind": ["fvg"], "dir": ["bull"], "size_atr": [0.5]})
    keep_log(store, HOURLY, detections, detections.slice(1))
    assert answer(store, "SELECT run, symbol, net, mood, exit FROM trades") == [
        ("r1", "EURUSD", Decimal("1.50"), "calm", None)
    ]
    assert answer(store, "SELECT run, strategy, verdict, year(created) FROM runs") == [
        ("r1", "s", "PASS", 2026)
    ]
    assert answer(store, "SELECT id, kind, size_atr FROM detections") == [("z1", "fvg", 0.5)]
