"""Arrays as the bytes of an ``.npz`` file: equal arrays give equal bytes, and no pickle is ever read."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError

_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays of numbers as an uncompressed ``.npz``, in the order of their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in sorted(arrays.items()):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), member.getvalue())
    return buffer.getvalue()


def unpack(data: bytes, origin: str) -> dict[str, NDArray[Any]]:
    """Name = array of an ``.npz``.

    Args:
        data: the file's bytes.
        origin: its name, for the message.

    Raises:
        DataError: it is not such a file.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, TypeError, AttributeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(f"{origin} does not hold arrays: {reason}", hint="Train the model again.") from error
