"""Feature matrices on disk, so that a second training on the same bars computes nothing again.

A matrix is named by a hash of all that decides its numbers: features, versions, parameters and detectors;
the content of the stored series, the span and the bars themselves; and the code of every module from which
the kernels are compiled, with the compiler's version (``kernels.cache_key``). So there is nothing to
invalidate: what has changed has another name.

A file holds a mark, its own name, the sha256 of the numbers, and the numbers: float64, little-endian, row
after row. It appears whole or not at all; what does not fit its name or its hash is computed again and
replaced. Of all files the ones used last stay, as many as fit into ``most_bytes``, and always the one just
written. Where the disk refuses to keep a matrix it is used all the same, after a warning.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.plan import Settings
from ictcli.errors import DataError, UsageError
from ictcli.features import matrix as builder
from ictcli.features.matrix import Matrix, identity_text
from ictcli.features.registry import FeatureSet
from ictcli.features.wiring import wire_features
from ictcli.kernels import cache_key
from ictcli.market.bars import ARRAY_FIELDS, Bars
from ictcli.store.atomic import TEMPORARY, drafted

MOST_BYTES = 2 * 1024**3
"""Size of a cache, unless it is told otherwise."""

SUFFIX = ".features"
MARK = b"ictcli features 1\n"
_NAME = 64
_HEADER = len(MARK) + _NAME + 32
_ABANDONED_NS = 3_600 * 10**9
"""Age at which a draft of a writer that died may go."""
_PACKAGE = Path(__file__).parents[1]

Span = tuple[int | None, int | None]
Floats = NDArray[np.float64]
Warn = Callable[[str], None]


def unheard(warning: str) -> None:
    """A warning that nobody needs: the features are right, only computed again the next time."""


@dataclass(frozen=True, slots=True)
class FeatureCache:
    """A folder of feature matrices.

    Attributes:
        folder: made when the first matrix is kept.
        most_bytes: what the files may take up together.
        warn: told in one line when a matrix cannot be kept.
    """

    folder: Path
    most_bytes: int = MOST_BYTES
    warn: Warn = unheard

    def matrix(
        self, features: FeatureSet, content: str, span: Span, bars: Bars, settings: Settings
    ) -> tuple[Matrix, bool]:
        """The features of bars, and whether they came from disk.

        Args:
            features: which.
            content: content hash of the stored series.
            span: what was asked of it, ns UTC, None for an open end.
            bars: what was served.
            settings: bar length, the user's detector parameters and what else detectors share.

        Raises:
            UsageError: a detector that a feature needs does not work on such bars.
        """
        name = matrix_name(features, content, span, bars, settings)
        path = self.folder / f"{name}{SUFFIX}"
        found = load(path, name, (len(bars), len(features.names)))
        if found is not None:
            with suppress(OSError):  # a cache that may only be read still serves
                path.touch()
            warmup = min(features.warmup, len(bars))
            return Matrix(features.names, found, warmup, bars.ts_close), True
        built = builder.build(features, bars, settings)
        self._keep(path, name, built.values)
        return built, False

    def _keep(self, path: Path, name: str, values: Floats) -> None:
        """Write a matrix and make room for it; a disk that refuses costs no more than the next computing."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            keep(path, name, values)
            self._trim(path)
        except (OSError, UsageError, DataError) as error:
            why = error.strerror or str(error) if isinstance(error, OSError) else error.message
            self.warn(f"features are not kept in {self.folder}: {why}")

    def _trim(self, written: Path) -> None:
        """Remove what was not used for longest until the rest fits, and drafts that nobody finishes."""
        ages = {path: facts for path in self.folder.iterdir() if (facts := _facts(path)) is not None}
        newest = max((used for used, _ in ages.values()), default=0)
        for path, (used, _) in ages.items():
            if path.name.startswith(TEMPORARY) and newest - used > _ABANDONED_NS:
                path.unlink(missing_ok=True)
        kept = [path for path in ages if path.suffix == SUFFIX and not path.name.startswith(TEMPORARY)]
        room = self.most_bytes
        for path in sorted(kept, key=lambda one: (one == written, *ages[one]), reverse=True):
            room -= ages[path][1]
            if room < 0 and path != written:
                path.unlink(missing_ok=True)


def matrix_name(features: FeatureSet, content: str, span: Span, bars: Bars, settings: Settings) -> str:
    """The hash of all that decides a matrix, 64 hex digits.

    Raises:
        UsageError: a detector that a feature needs does not work on such bars.
    """
    plan = wire_features(features.features, settings).plan
    parts = (
        identity_text(features, plan),
        content,
        f"{span[0]}:{span[1]}",
        hash_of_bars(bars),
        cache_key(_PACKAGE, Path(builder.__file__)),
    )
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part.encode())}:{part}".encode())
    return digest.hexdigest()


def hash_of_bars(bars: Bars) -> str:
    """sha256 of digits and arrays, little-endian, whatever the machine."""
    digest = hashlib.sha256(f"{bars.digits}:{len(bars)}".encode())
    for name in ARRAY_FIELDS:
        column = getattr(bars, name)
        digest.update(np.ascontiguousarray(column, column.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def keep(path: Path, name: str, values: Floats) -> None:
    """Write a matrix in one step.

    Raises:
        UsageError: no file can be created there.
        DataError: the disk refuses.
    """
    numbers = np.ascontiguousarray(values, "<f8")
    with drafted(path) as file:
        file.write(MARK + name.encode() + hashlib.sha256(numbers.data).digest())
        file.write(numbers.data)


def load(path: Path, name: str, shape: tuple[int, int]) -> Floats | None:
    """The numbers of a file, None when it does not exist or is not what its name says."""
    facts = _facts(path)
    if facts is None or facts[1] != _HEADER + 8 * shape[0] * shape[1]:
        return None
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
            numbers = np.fromfile(file, "<f8", shape[0] * shape[1])
    except OSError:  # gone or unreadable: computed again, and replaced
        return None
    if len(numbers) != shape[0] * shape[1]:
        return None
    if header != MARK + name.encode() + hashlib.sha256(numbers.data).digest():
        return None
    return numbers.astype(np.float64, copy=False).reshape(shape)


def _facts(path: Path) -> tuple[int, int] | None:
    """When a file was used last (ns) and its size; None when another process has removed it."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
