"""Finished trials on disk while a search runs, so that one that was killed goes on where it stood.

Every batch becomes one file, which appears whole or not at all. A file that cannot be read is computed again.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ictcli.research.metrics.definitions import METRICS
from ictcli.research.search.trials import Outcome
from ictcli.store.atomic import TEMPORARY, write_file
from ictcli.store.parts import encode_table

_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("span", pa.int32()),
        *((name, pa.float64()) for name in METRICS),
        ("returns", pa.list_(pa.float64())),
    ]
)


class KeptTrials:
    """Outcomes of one kind of search.

    Args:
        state_dir: of the store.
        search: ``trials.search_key`` of the search.
    """

    def __init__(self, state_dir: Path, search: str) -> None:
        self._folder = state_dir / "sweeps" / search

    def load(self) -> dict[tuple[str, int], Outcome]:
        """All that is done, by trial and span."""
        found: dict[tuple[str, int], Outcome] = {}
        for path in sorted(self._folder.glob("*.parquet")):
            if path.name.startswith(TEMPORARY):
                continue
            for one in _read(path):
                found[one.key, one.span] = one
        return found

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Keep what a batch made.

        Raises:
            DataError: the disk refuses.
        """
        record, data = encode_table("trials", _table(outcomes))
        write_file(self._folder / record.file, data)

    def clear(self) -> None:
        """Remove everything: the run holds it now."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _table(outcomes: Sequence[Outcome]) -> pa.Table:
    columns: dict[str, list[object]] = {
        "key": [one.key for one in outcomes],
        "span": [one.span for one in outcomes],
        **{name: [one.metrics[name] for one in outcomes] for name in METRICS},
        "returns": [one.returns for one in outcomes],
    }
    return pa.table(columns, schema=_SCHEMA)


def _read(path: Path) -> list[Outcome]:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid):
        return []  # a torn file of a machine that lost power; its trials are played again
    if not table.schema.equals(_SCHEMA):
        return []
    metrics = [table.column(name).to_pylist() for name in METRICS]
    returns = table.column("returns")
    return [
        Outcome(
            key,
            span,
            {name: values[at] for name, values in zip(METRICS, metrics, strict=True)},
            np.array(returns[at].values, np.float64),
        )
        for at, (key, span) in enumerate(
            zip(table.column("key").to_pylist(), table.column("span").to_pylist(), strict=True)
        )
    ]
