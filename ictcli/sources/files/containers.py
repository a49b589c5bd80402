"""Bytes of a text file whatever wraps it: plain, gzip, one member of a zip, UTF-8 or UTF-16.

Limits against decompression bombs: a wrapped file may expand to at most ``MAX_EXPANDED`` bytes, and beyond
its first ``FREE_EXPANDED`` bytes to at most ``MAX_RATIO`` times its own size. Real price files expand 5 to
40 times.
"""

import codecs
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from ictcli.errors import DataError

MAX_EXPANDED = 64 << 30
FREE_EXPANDED = 64 << 20
MAX_RATIO = 250

Wrapping = Literal["plain", "gzip", "zip"]

BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
    struct.error,
)
"""What the standard library raises on damaged gzip and zip files."""

_MAGIC: dict[bytes, str] = {
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7-zip",
    b"Rar!": "rar",
    b"\x89HDF": "HDF5",
    b"SQLite format 3": "SQLite",
    b"\xd0\xcf\x11\xe0": "Excel or other OLE document",
    b"ARROW1": "Arrow IPC",
}


@dataclass(frozen=True, slots=True)
class ByteSource:
    """Where the text comes from; every ``blocks`` call starts again at the first byte."""

    path: Path
    wrapping: Wrapping
    member: str = ""

    @property
    def text_name(self) -> str:
        """Name of the text: the member's inside a zip, else the file's without ``.gz``."""
        if self.wrapping == "zip":
            return self.member.rsplit("/", 1)[-1]
        return self.path.name.removesuffix(".gz")

    def blocks(self, size: int) -> Iterator[bytes]:
        """The text as UTF-8 bytes without byte order mark, in blocks of about ``size`` bytes.

        Raises:
            DataError: unreadable, damaged, or expanding beyond the limits.
        """
        raw = self._expanded(size)
        first = next(raw, b"")
        encoding = utf16_of(first)
        if encoding is None:
            yield first.removeprefix(codecs.BOM_UTF8)
            yield from raw
            return
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        yield decoder.decode(first).removeprefix("\ufeff").encode("utf-8", "replace")
        for block in raw:
            yield decoder.decode(block).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")

    def _expanded(self, size: int) -> Iterator[bytes]:
        total = 0
        try:
            allowed = min(MAX_EXPANDED, FREE_EXPANDED + MAX_RATIO * self.path.stat().st_size)
            with self._open() as stream:
                while block := stream.read(size):
                    total += len(block)
                    if self.wrapping != "plain" and total > allowed:
                        raise DataError(
                            f"{self.path} expands beyond {total >> 20} MiB: refused as a decompression bomb",
                            hint="If the file is genuine, unpack it first and import the text file.",
                        )
                    yield block
        except BROKEN_ARCHIVE as error:
            raise damaged(self.path, error) from error

    def _open(self) -> IO[bytes] | gzip.GzipFile:
        if self.wrapping == "gzip":
            return gzip.GzipFile(self.path)
        if self.wrapping == "zip":
            # The member keeps the archive's file open for as long as it is read.
            with zipfile.ZipFile(self.path) as archive:
                return archive.open(self.member)
        return self.path.open("rb")


def damaged(path: Path, error: BaseException) -> DataError:
    """The refusal for a file that cannot be read to its end."""
    if isinstance(error, PermissionError):
        return DataError(f"no permission to read {path}", hint="Check the file's owner and mode.")
    if isinstance(error, FileNotFoundError):
        return DataError(f"no such file: {path}", hint="Check the spelling of the path.")
    reason = " ".join(str(error).split()) or type(error).__name__
    return DataError(
        f"cannot read {path} to its end: {reason[:200]}", hint="Download or copy it again; it is damaged."
    )


def utf16_of(first: bytes) -> str | None:
    """``utf-16-le`` or ``utf-16-be``, told by the byte order mark or the zero bytes of ASCII; else None."""
    if first.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if first.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    sample = first[:512]
    if len(sample) < 16:
        return None
    if sample[0::2].count(0) == 0 and sample[1::2].count(0) * 10 >= len(sample) // 2 * 9:
        return "utf-16-le"
    if sample[1::2].count(0) == 0 and sample[0::2].count(0) * 10 >= len(sample) // 2 * 9:
        return "utf-16-be"
    return None


def members_of(path: Path) -> list[str]:
    """Names of the files in a zip, in archive order.

    Raises:
        DataError: the archive is damaged, or a member is encrypted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except BROKEN_ARCHIVE as error:
        raise damaged(path, error) from error
    if any(info.flag_bits & 1 for info in infos):
        raise DataError(f"{path} is encrypted", hint="Unpack it first.")
    return [info.filename for info in infos]


def signature(path: Path) -> str:
    """``gzip``, ``zip``, ``parquet``, ``text``, or the name of a container that is not supported.

    Raises:
        DataError: missing, not a regular file, not readable, or empty.
    """
    try:
        if not path.exists():
            raise DataError(f"no such file: {path}", hint="Check the spelling of the path.")
        if path.is_dir():
            raise DataError(f"{path} is a directory", hint=f"Name the files, for example '{path}/*.csv'.")
        if not path.is_file():
            raise DataError(f"{path} is not a regular file", hint="Copy its content to a file first.")
        with path.open("rb") as stream:
            first = stream.read(16)
    except (OSError, ValueError) as error:
        raise damaged(path, error) from error
    if not first:
        raise DataError(f"{path} is empty", hint="Download or export it again.")
    if first.startswith(b"\x1f\x8b"):
        return "gzip"
    if first.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if first.startswith((b"PAR1", b"PARE")):
        return "parquet"
    return next((name for magic, name in _MAGIC.items() if first.startswith(magic)), "text")
