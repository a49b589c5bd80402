"""JSON records of a version: read with the limits of their type, written so that people can read them."""

from typing import TypeVar

import msgspec

from ictcli.errors import DataError

T = TypeVar("T", bound=msgspec.Struct)


def decode_record(kind: type[T], data: bytes, file: str) -> T:
    """The record in ``data``; floats come back as they were.

    Raises:
        DataError: it is something else; names the file.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise DataError(
            f"{file} is damaged: {error}", hint="Take another version, or train again."
        ) from error


def encode_record(record: msgspec.Struct) -> bytes:
    """As JSON; equal records give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(record), indent=1)
