"""Forests as bytes: an uncompressed ``.npz`` without times in it, the same bytes for the same forest."""

import io
import zipfile
import zlib

import numpy as np

from ictcli.errors import DataError
from ictcli.models.forest.layout import NODE, SETTINGS, Forest, check

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PARTS = {"nodes": NODE, "settings": SETTINGS}
_UNREADABLE = (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError)
"""What numpy and zipfile raise of damaged files; RuntimeError where one seems to be encrypted."""


def encode(forest: Forest) -> bytes:
    """What ``decode`` reads."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in _PARTS:
            part = io.BytesIO()
            np.lib.format.write_array(part, getattr(forest, name), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), part.getvalue())
    return out.getvalue()


def decode(data: bytes, name: str) -> Forest:
    """Read a forest.

    Args:
        data: what ``encode`` gave.
        name: of the file, for messages.

    Raises:
        DataError: it is something else, or damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content = {part: io.BytesIO(archive.read(f"{part}.npy")) for part in _PARTS}
        parts = {part: np.lib.format.read_array(file, allow_pickle=False) for part, file in content.items()}
    except _UNREADABLE as error:
        raise DataError(f"{name} is damaged: {error}") from error
    if any(parts[part].dtype != kind or parts[part].ndim != 1 for part, kind in _PARTS.items()):
        raise DataError(f"{name} is damaged: it holds no forest")
    if len(parts["settings"]) != 1:
        raise DataError(f"{name} is damaged: it holds no forest")
    return check(Forest(parts["nodes"], parts["settings"]))
