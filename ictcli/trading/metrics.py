"""Metric history: what the loop measured, sampled to Parquet in small parts that appear whole.

One row per sample and metric, so a new metric needs no new column: ``ts`` (UTC), ``account``, ``metric``,
``label`` (a symbol, or empty), ``value``. A crash loses at most what was sampled since the last part.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE, NS_PER_SECOND, iso
from ictcli.errors import DataError
from ictcli.store.atomic import drafted

FOLDER = "metrics"
SCHEMA = pa.schema(
    [
        ("ts", pa.timestamp("ns", "UTC")),
        ("account", pa.int64()),
        ("metric", pa.dictionary(pa.int32(), pa.string())),
        ("label", pa.dictionary(pa.int32(), pa.string())),
        ("value", pa.float64()),
    ]
)
_EVERY = 10 * NS_PER_SECOND
_PART = 10 * NS_PER_MINUTE
_MOST_ROWS = 20_000


class MetricHistory:
    """Samples of one account.

    Args:
        data: the workspace's data folder.
        account: login.
        every: least time between two samples, ns.
        part: time after which what was sampled is written, ns.
    """

    def __init__(self, data: Path, account: int, *, every: int = _EVERY, part: int = _PART) -> None:
        self._folder = data / FOLDER / f"account={account}"
        self._account = account
        self._every, self._part = every, part
        self._rows: list[tuple[int, str, str, float]] = []
        self._due = 0
        self._first = 0

    def due(self, now: int) -> bool:
        """Whether it is time for a sample; measuring may cost something. ``now`` is ns UTC."""
        return now >= self._due or now < self._due - self._every

    def sample(
        self, now: int, values: Mapping[str, float], labelled: Mapping[str, Mapping[str, float]]
    ) -> None:
        """Keep a sample, and write a part when one is full.

        Args:
            now: ns UTC.
            values: metric = value in base units (seconds, bytes, account currency).
            labelled: metric = label = value, such as a quote's age by symbol.

        Raises:
            DataError: the disk refuses; what was sampled is let go, so a full disk costs no memory.
        """
        if not self._rows:
            self._first = now
        self._due = now + self._every
        self._rows += [(now, metric, "", float(value)) for metric, value in values.items()]
        for metric, by_label in labelled.items():
            self._rows += [(now, metric, label, float(value)) for label, value in by_label.items()]
        if not 0 <= now - self._first < self._part or len(self._rows) >= _MOST_ROWS:
            self.flush()

    def flush(self) -> Path | None:
        """Write what was sampled as one part of its day; None where there is nothing.

        Raises:
            DataError: the disk refuses.
        """
        rows, self._rows = self._rows, []
        if not rows:
            return None
        first = rows[0][0]
        day = iso(first // NS_PER_DAY * NS_PER_DAY)[:10]
        path = self._folder / f"date={day}" / f"part-{first}.parquet"
        _make_folder(path.parent)
        ts, metrics, labels, values = zip(*rows, strict=True)
        table = pa.table(
            [
                pa.array(ts, pa.int64()).cast(SCHEMA.field("ts").type),
                pa.repeat(pa.scalar(self._account, pa.int64()), len(rows)),
                pa.array(metrics).dictionary_encode(),
                pa.array(labels).dictionary_encode(),
                pa.array(values, pa.float64()),
            ],
            schema=SCHEMA,
        )
        with drafted(path) as file:
            pq.write_table(table, file, compression="zstd")
        return path


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(
            f"cannot make {folder}: {reason}", hint="Check permissions and free space."
        ) from error
