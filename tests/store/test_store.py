"""What goes into a series comes out of it, whole, in order, or with a reason."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import Busy, DataError
from ictcli.market.bars import ARRAY_FIELDS, Bars, SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.store.records import QuarantinedRow
from ictcli.store.store import Store
from tests.store.stored_bars import (
    HOURLY,
    NOW,
    START,
    TICKS,
    files,
    holes,
    hourly_bars,
    new_store,
    put,
    quotes,
)


def same(left: Bars, right: Bars) -> bool:
    return left.digits == right.digits and all(
        np.array_equal(getattr(left, name), getattr(right, name)) for name in ARRAY_FIELDS
    )


def test_bars_come_back_bit_for_bit(tmp_path: Path) -> None:
    bars, store = hourly_bars(3000), new_store(tmp_path)
    put(store, HOURLY, bars)
    assert same(store.read(HOURLY), bars)
    assert [len(part) > 0 for part in store.iter_parts(HOURLY)] == [True] * 5


@pytest.mark.parametrize("count", [200, 3000])
def test_what_is_read_is_the_callers_own(tmp_path: Path, count: int) -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(count))
    put(store, TICKS, quotes(count))
    bars, ticks = store.read(HOURLY), store.read_ticks(TICKS)

    assert all(getattr(bars, name).flags.writeable for name in ARRAY_FIELDS)
    assert all(column.flags.writeable for column in (ticks.ts, ticks.bid, ticks.ask))


def test_a_span_is_read_start_inclusive_end_exclusive(tmp_path: Path) -> None:
    bars, store = hourly_bars(2000), new_store(tmp_path)
    put(store, HOURLY, bars)
    part = store.read(HOURLY, int(bars.ts[700]), int(bars.ts[900]))
    assert same(part, bars.slice(700, 900))
    assert len(store.read(HOURLY, 0, START)) == 0


def test_ticks_that_share_an_instant_are_all_kept_and_not_doubled(tmp_path: Path) -> None:
    ticks, store = quotes(3000), new_store(tmp_path)
    put(store, TICKS, ticks)
    first = store.manifest(TICKS)
    put(store, TICKS, ticks)
    back = store.read_ticks(TICKS)
    assert np.array_equal(back.ts, ticks.ts)
    assert np.array_equal(back.bid, ticks.bid)
    assert np.array_equal(back.ask, ticks.ask)
    assert first == store.manifest(TICKS)


@given(st.data())
def test_any_split_of_the_rows_in_any_order_gives_the_same_content(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    bars = hourly_bars(1800)
    whole, parts = new_store(tmp_path_factory.mktemp("w")), new_store(tmp_path_factory.mktemp("p"))
    put(whole, HOURLY, bars)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(bars) - 1), max_size=5)))
    pieces = [bars.slice(a, b) for a, b in zip([0, *cuts], [*cuts, len(bars)], strict=True)]
    pieces = data.draw(st.permutations(pieces))
    together = data.draw(st.integers(0, len(pieces)))
    put(parts, HOURLY, *pieces[:together])
    for piece in pieces[together:]:
        put(parts, HOURLY, piece)
    one, other = whole.manifest(HOURLY), parts.manifest(HOURLY)
    assert one is not None
    assert other is not None
    assert one.content_hash() == other.content_hash()
    assert files(whole.data_dir.parent) == files(parts.data_dir.parent)
    assert other.gap_kinds == {"missing": len(holes(bars.ts, bars.ts_close))}


def test_memory_pressure_writes_drafts_early_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = hourly_bars(3000)
    whole, squeezed = new_store(tmp_path / "w"), new_store(tmp_path / "s")
    put(whole, HOURLY, bars)
    monkeypatch.setattr("ictcli.store.staging.BUFFERED_ROWS", 100)
    put(squeezed, HOURLY, *(bars.slice(at, at + 70) for at in range(0, len(bars), 70)))
    assert files(whole.data_dir.parent) == files(squeezed.data_dir.parent)


def test_a_commit_counts_added_revised_and_unchanged_rows(tmp_path: Path) -> None:
    bars, store = hourly_bars(100), new_store(tmp_path)
    put(store, HOURLY, bars.slice(0, 60))
    changed = bars.slice(40, 90)
    changed.close[:5] += 1
    changed.high[:5] += 1
    with store.writer(HOURLY, {}, now=NOW) as writer:
        writer.add(changed)
        result = writer.commit(holes)
    assert (result.added, result.revised, result.unchanged, result.changed) == (30, 5, 15, True)
    manifest = store.manifest(HOURLY)
    assert manifest is not None
    assert manifest.revised == 5
    assert manifest.revisions[0].first == int(bars.ts[40])
    assert store.read(HOURLY).close[40] == changed.close[0]


def test_the_same_input_again_is_no_new_generation(tmp_path: Path) -> None:
    bars, store = hourly_bars(100), new_store(tmp_path)
    put(store, HOURLY, bars, name="a.csv")
    before = files(tmp_path)
    put(store, HOURLY, bars, name="a.csv")
    manifest = store.manifest(HOURLY)
    assert manifest is not None
    assert manifest.generation == 1
    assert files(tmp_path) == before
    assert manifest.quarantine is not None
    assert manifest.quarantine.rows == 1


def test_leaving_the_writer_without_commit_stores_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store.writer(HOURLY, {}, now=NOW) as writer:
        writer.add(hourly_bars(2000))
    assert store.manifest(HOURLY) is None
    assert files(tmp_path) == {}
    with pytest.raises(DataError, match="no H1 bars of EURUSD are stored") as caught:
        store.read(HOURLY)
    assert "ictcli fetch EURUSD" in caught.value.hint


def test_finer_digits_rescale_what_is_stored(tmp_path: Path) -> None:
    store, coarse, fine = new_store(tmp_path), hourly_bars(900), hourly_bars(50, first=2000, digits=6)
    put(store, HOURLY, coarse)
    put(store, HOURLY, fine)
    back = store.read(HOURLY)
    assert back.digits == 6
    assert same(back.slice(0, len(coarse)), coarse.rescaled(6))
    with pytest.raises(DataError, match="do not fit"):
        put(store, HOURLY, hourly_bars(5, digits=18))


def test_a_long_reader_sees_the_old_generation_while_a_writer_commits(tmp_path: Path) -> None:
    store, bars = new_store(tmp_path, keep_replaced_ns=10**15), hourly_bars(3000)
    put(store, HOURLY, bars)
    reader = store.iter_parts(HOURLY)
    seen = [next(reader)]
    revised = hourly_bars(3000, seed=9)
    put(store, HOURLY, revised)
    seen += list(reader)
    assert sum(len(part) for part in seen) == len(bars)
    assert all(np.isin(part.close, bars.close).all() for part in seen)
    assert same(store.read(HOURLY), revised)


def test_a_reader_whose_files_were_removed_says_so_or_starts_over(tmp_path: Path) -> None:
    store, bars = new_store(tmp_path), hourly_bars(3000)
    put(store, HOURLY, bars)
    reader = store.iter_parts(HOURLY)
    next(reader)
    put(store, HOURLY, hourly_bars(3000, seed=9))
    with pytest.raises(DataError, match="rewritten while it was being read"):
        list(reader)


def test_a_second_writer_of_a_series_is_told_who_holds_it(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    other = SeriesKey("sim", "XAUUSD", TIMEFRAMES["H1"])
    with store.writer(HOURLY, {}, now=NOW):
        with pytest.raises(Busy, match=r"pid \d+ on .+ since 2025-"), store.writer(HOURLY, {}, now=NOW):
            pass
        put(store, other, hourly_bars(10))
    put(store, HOURLY, hourly_bars(10))
    assert store.keys() == [HOURLY, other]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_the_lock_of_a_killed_holder_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from tests.store.stored_bars import *\n"
        "with new_store(pathlib.Path(sys.argv[1])).writer(HOURLY, {}, now=NOW):\n"
        "    sys.stdout.write('held\\n'); sys.stdout.flush(); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match=f"pid {child.pid} "):
            put(new_store(tmp_path), HOURLY, hourly_bars(5))
        child.kill()
        child.wait()
    put(new_store(tmp_path), HOURLY, hourly_bars(5))


def test_a_catalog_that_no_longer_fits_is_written_again_and_drafts_of_the_dead_go(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    assert not store.catalog.tend()
    put(store, HOURLY, hourly_bars(10))
    catalog = store.data_dir / "catalog.duckdb"
    assert not store.catalog.tend()
    catalog.unlink()
    assert store.catalog.tend()
    assert catalog.exists()
    catalog.write_bytes(b"")
    assert store.catalog.tend()
    (store.data_dir / "catalog.json").write_text("{")
    assert store.catalog.tend()
    draft = store.data_dir / ".tmp-1-catalog.duckdb"
    draft.write_bytes(b"x")
    assert not store.catalog.tend()
    assert not draft.exists()
    draft.write_bytes(b"x")
    put(store, HOURLY, hourly_bars(10))
    assert not draft.exists()


def test_the_catalog_follows_the_primary_source_and_a_moved_workspace(tmp_path: Path) -> None:
    store = new_store(tmp_path / "a")
    put(store, HOURLY, hourly_bars(10))
    put(store, SeriesKey("ftmo", "EURUSD", TIMEFRAMES["H1"]), hourly_bars(10))

    def sources(root: Path) -> list[tuple[str]]:
        with duckdb.connect(str(root / "data" / "catalog.duckdb"), read_only=True) as connection:
            return connection.execute("SELECT DISTINCT source FROM bars").fetchall()

    assert sources(tmp_path / "a") == []
    chosen = Store(store.data_dir, store.state_dir, 0, {"EURUSD": "ftmo"})
    assert chosen.catalog.tend()
    assert sources(tmp_path / "a") == [("ftmo",)]
    assert not chosen.catalog.tend()
    (tmp_path / "a").rename(tmp_path / "b")
    moved = Store(tmp_path / "b" / "data", tmp_path / "b" / "state", 0, {"EURUSD": "ftmo"})
    assert moved.catalog.tend()
    assert sources(tmp_path / "b") == [("ftmo",)]


def test_writers_of_different_series_run_in_parallel(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    keys = [SeriesKey("sim", name, TIMEFRAMES["H1"]) for name in ("A", "B", "C", "D")]
    threads = [threading.Thread(target=put, args=(store, key, hourly_bars(500))) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.keys() == keys


@pytest.mark.parametrize("how", ["truncate", "garbage", "missing", "flip"])
def test_a_damaged_part_is_a_data_error_that_names_it(tmp_path: Path, how: str) -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(600))
    path = next((tmp_path / "data").rglob("2024-01-*.parquet"))
    content = bytearray(path.read_bytes())
    if how == "truncate":
        path.write_bytes(content[:-20])
    elif how == "garbage":
        path.write_bytes(b"\xff" * len(content))
    elif how == "missing":
        path.unlink()
    else:
        content[40] ^= 1
        path.write_bytes(content)
    with pytest.raises(DataError, match=path.name):
        store.verify(HOURLY)
    for read in (store.read, lambda key: list(store.iter_parts(key))):
        with pytest.raises(DataError, match=path.name) as caught:
            read(HOURLY)
        assert "sim/EURUSD/H1" in caught.value.message
        assert "ictcli fetch" in caught.value.hint


def test_a_flipped_bit_in_a_price_is_never_read_as_a_price(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(600))
    path = next((tmp_path / "data").rglob("2024-01-*.parquet"))
    whole = path.read_bytes()
    for at in range(4, len(whole) - 8, len(whole) // 40):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(DataError, match="its hash differs"):
            store.read(HOURLY)
    path.write_bytes(whole)
    assert len(store.read(HOURLY)) > 0


@given(st.data())
def test_no_mutation_of_a_part_gets_past_the_reader_as_a_crash(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("m")
    store = new_store(root)
    put(store, HOURLY, hourly_bars(200))
    path = next((root / "data").rglob("2024-01-*.parquet"))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        store.read(HOURLY)
    except DataError as error:
        assert path.name in error.message


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(schema=99),
        lambda m: m.update(symbol="GBPUSD"),
        lambda m: m.update(timeframe="M7"),
        lambda m: m.update(digits=40),
        lambda m: m["parts"][0].update(file="../../x.parquet"),
        lambda m: m.pop("parts") and m.update(parts=3),
    ],
)
def test_a_damaged_manifest_is_a_data_error(tmp_path: Path, change: "object") -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(60))
    path = store.folder(HOURLY) / "manifest.json"
    document = json.loads(path.read_text())
    assert callable(change)
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(DataError, match=r"manifest\.json"):
        store.read(HOURLY)


def test_polars_reads_parts_as_they_are(tmp_path: Path) -> None:
    store, bars = new_store(tmp_path), hourly_bars(400)
    put(store, HOURLY, bars)
    frame = pl.read_parquet(next((tmp_path / "data").rglob("month=*/*.parquet")), hive_partitioning=False)
    assert str(frame.schema["open"]).startswith("Decimal")
    assert (frame["close"] * 100_000).cast(pl.Int64).to_list() == bars.close.tolist()


def test_refused_rows_are_kept_once_each_whatever_bytes_they_hold(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for _ in range(2):
        with store.writer(HOURLY, {}, now=NOW) as writer:
            writer.quarantine(
                [QuarantinedRow("f", 2, "nan", "\udcff" * 3), QuarantinedRow("f", 1, "nan", "x")]
            )
            writer.commit(holes)
    manifest = store.manifest(HOURLY)
    assert manifest is not None
    assert manifest.quarantine is not None
    assert (manifest.generation, manifest.quarantine.rows) == (1, 2)
    assert store.keys() == []


def test_unsorted_rows_are_a_bug_of_the_caller(tmp_path: Path) -> None:
    bars = hourly_bars(10)
    with new_store(tmp_path).writer(HOURLY, {}, now=NOW) as writer:
        bars.ts[3] = bars.ts[2]
        with pytest.raises(ValueError, match="not in time order"):
            writer.add(bars)
        with pytest.raises(ValueError, match="series of bars"):
            writer.add(quotes(5))
