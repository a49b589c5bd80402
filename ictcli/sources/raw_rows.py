"""The text of rows as they stand in a file, looked up by line for the quarantine."""

from collections.abc import Iterator, Mapping, Sequence

from ictcli.sources.files.containers import ByteSource
from ictcli.sources.files.records import RAW_LIMIT

_BLOCK = 1 << 20


def raw_lines(text: ByteSource, lines: Sequence[int]) -> Iterator[str]:
    """The first characters of each of the 1-based physical ``lines``, which must be increasing."""
    wanted = iter(lines)
    target = next(wanted, None)
    number = 1
    rest = b""
    for block in text.blocks(_BLOCK):
        if target is None:
            return
        data = rest + block
        if target > number + data.count(b"\n"):
            number += data.count(b"\n")
            rest = data[data.rfind(b"\n") + 1 :]
            continue
        *complete, rest = data.split(b"\n")
        while target is not None and target < number + len(complete):
            yield _shown(complete[target - number])
            target = next(wanted, None)
        number += len(complete)
    if target == number:
        yield _shown(rest)


def values_as_text(values: Mapping[str, object]) -> str:
    """A row of a file that has no text lines, such as Parquet: ``name=value`` pairs."""
    return " ".join(f"{name}={value}" for name, value in values.items())[:RAW_LIMIT]


def _shown(line: bytes) -> str:
    return line[: 4 * RAW_LIMIT].decode("utf-8", "replace").rstrip("\r")[:RAW_LIMIT]
