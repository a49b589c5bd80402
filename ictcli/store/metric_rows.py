"""What trading measured, as a view over its parts: parts appear whole and are never changed."""

from pathlib import Path

from ictcli.store.views import literal, pattern_free

FOLDER = "metrics"
_COLUMNS = {
    "ts": "TIMESTAMPTZ",
    "account": "BIGINT",
    "metric": "VARCHAR",
    "label": "VARCHAR",
    "value": "DOUBLE",
}


def metric_view(data_dir: Path) -> str:
    """The SELECT behind ``metrics``: one row per sample, account, metric and label."""
    files = sorted((data_dir / FOLDER).glob("account=*/date=*/part-*.parquet"))
    if not files:
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in _COLUMNS.items())
        return f"SELECT {nothing} WHERE false"
    listed = ", ".join(literal(pattern_free(file)) for file in files)
    casts = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in _COLUMNS.items())
    return f"SELECT {casts} FROM read_parquet([{listed}], hive_partitioning = false)"  # noqa: S608 - quoted
