"""The text of a statement file, whatever bytes a terminal wrote it in."""

from pathlib import Path

from ictcli.errors import DataError

MOST_BYTES = 256 * 1024 * 1024
"""A report of a million deals has about 500 bytes a row in UTF-8, twice that in UTF-16."""
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """The text of a file: UTF-16 or UTF-8 by its byte order mark, else UTF-8, else one byte a character.

    The last is for MetaTrader 4, which writes names and comments in the code page of its Windows; all that
    is read of such a file is ASCII.

    Raises:
        DataError: there is no such file, it is larger than ``most`` bytes, is cut within a character, or
            holds NUL characters.
    """
    try:
        size = path.stat().st_size
        if size > most:
            raise DataError(f"{path.name}: {size} bytes, more than the {most} that are read")
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path.name}: {error.strerror or error}") from error
    text = _decoded(data, path.name)
    if "\x00" in text:
        raise DataError(
            f"{path.name}: holds NUL characters at {text.index(chr(0))}",
            hint="export the report again from the terminal",
        )
    return text


def _decoded(data: bytes, name: str) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{name}: byte {error.start} is not {encoding}, the file is damaged"
                ) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
