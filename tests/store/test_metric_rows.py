"""Measurements as a view: every part, and columns alone where nothing was measured."""

from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ictcli.store.metric_rows import metric_view

SAMPLE = {
    "ts": [1_700_000_000_000_000_000],
    "account": [1],
    "metric": ["equity"],
    "label": [""],
    "value": [2.5],
}


def asked(data: Path) -> list[tuple[object, ...]]:
    with closing(duckdb.connect()) as connection:
        sql = f"SELECT account, metric, value, epoch_ns(ts) FROM ({metric_view(data)})"
        return connection.execute(sql).fetchall()


def test_every_part_of_every_account_and_day_is_seen(tmp_path: Path) -> None:
    assert asked(tmp_path) == []
    for account, day in ((1, "2026-01-01"), (1, "2026-01-02"), (7, "2026-01-01")):
        folder = tmp_path / "metrics" / f"account={account}" / f"date={day}"
        folder.mkdir(parents=True)
        table = pa.table({**SAMPLE, "account": [account]})
        stamped = table.set_column(0, "ts", table["ts"].cast(pa.timestamp("ns", "UTC")))
        pq.write_table(stamped, folder / "part-1.parquet")
    found = asked(tmp_path)
    assert sorted(str(row[0]) for row in found) == ["1", "1", "7"]
    assert found[0][1:] == ("equity", 2.5, 1_700_000_000_000_000_000)
