"""Open a price file of any known format."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ictcli.errors import DataError, UsageError
from ictcli.sources.files import registry
from ictcli.sources.files.containers import ByteSource, members_of, signature
from ictcli.sources.files.json_rows import JsonRows
from ictcli.sources.files.layout import Claim, Head, JsonLayout
from ictcli.sources.files.names import hints_of
from ictcli.sources.files.parquet_rows import ParquetRows
from ictcli.sources.files.reader import FileReader
from ictcli.sources.files.text_rows import TextRows

HEAD_BYTES = 1 << 16
HEAD_LINES = 400
_QUOTE_SHARE = 0.9


def open_file(
    path: Path,
    *,
    format: str | None = None,  # noqa: A002 - the option is called --format
    columns: Mapping[str, str] | None = None,
    member: str | None = None,
) -> FileReader:
    """Open ``path``, recognise its format from its content and name, and prepare to read its rows.

    Args:
        path: plain, gzip or zip text, or Parquet.
        format: name of the format to use instead of the recognised one.
        columns: ours=theirs; implies the generic formats.
        member: which file inside a zip: its name, words of it (``ES_201403``) or a part that only it has;
            or which contract of a Parquet file that holds several.

    Raises:
        UsageError: no such format, or a column map with a name we do not have.
        DataError: the file cannot be read, or its format is not known or not the one named.
    """
    columns = columns or {}
    if format is not None:
        registry.require(format)
    kind = signature(path)
    if kind == "parquet":
        return _open_parquet(path, format, columns, member)
    if format == registry.GENERIC_PARQUET.name:
        raise DataError(f"{path} is not a Parquet file", hint="Leave --format out to have it recognised.")
    if kind == "zip":
        return _open_text(ByteSource(path, "zip", _member(path, member)), format, columns)
    if kind == "gzip":
        return _open_text(ByteSource(path, "gzip"), format, columns)
    if kind == "text":
        return _open_text(ByteSource(path, "plain"), format, columns)
    raise DataError(
        f"{path} is a {kind} file, which is not supported", hint="Unpack or export it as CSV or Parquet."
    )


def head_of(source: ByteSource) -> Head:
    """The first complete lines of a text.

    Raises:
        DataError: there is no text in it.
    """
    text = b""
    blocks = source.blocks(HEAD_BYTES)
    for block in blocks:
        text += block
        if len(text) >= HEAD_BYTES:
            break
    complete = text[: text.rfind(b"\n") + 1] if len(text) >= HEAD_BYTES and b"\n" in text else text
    lines = [line.decode("utf-8", "replace").strip(" \r") for line in complete.split(b"\n")[:HEAD_LINES]]
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line]
    if not numbered:
        raise DataError(f"{source.path} holds no text", hint="Download or export it again.")
    if complete.count(0) * 100 > len(complete) and source.path.suffix.lower() == ".parquet":
        raise DataError(
            f"{source.path} is not a readable Parquet file", hint="Write or download the file again."
        )
    if complete.count(0) * 100 > len(complete):
        raise DataError(
            f"{source.path} is binary, not text", hint="Check that the file is what its name says."
        )
    whole = sum(_is_quoted(line) for _, line in numbered) >= _QUOTE_SHARE * len(numbered)
    return Head(
        source.text_name,
        tuple(line[1:-1] if whole and _is_quoted(line) else line for _, line in numbered),
        tuple(number for number, _ in numbered),
        whole,
    )


def _is_quoted(line: str) -> bool:
    return len(line) >= 2 and line[0] == line[-1] == '"' and '"' not in line[1:-1]


def _member(path: Path, wanted: str | None) -> str:
    names = members_of(path)
    if not names:
        raise DataError(f"{path} holds no files", hint="Download it again.")
    if wanted is not None:
        chosen = _matching(names, wanted)
    else:
        chosen = [name for name in names if not name.lower().endswith(("readme.txt", "license.txt"))] or names
    if len(chosen) == 1:
        return chosen[0]
    shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    what = f"{len(chosen)} of them match {wanted!r}" if wanted is not None else "choose one"
    raise DataError(
        f"{path} holds {len(names)} files ({what}): {shown}",
        hint="Name the contract with --symbol or the member, or unpack the archive.",
    )


def _matching(names: list[str], wanted: str) -> list[str]:
    """Members called ``wanted``, else those with all its words as words, else those that contain it."""
    words = _words(wanted)
    return (
        [name for name in names if name == wanted]
        or [name for name in names if words <= _words(name)]
        or [name for name in names if wanted.lower() in name.lower()]
    )


def _words(name: str) -> set[str]:
    return set(re.split(r"[_\-\s./]+", name.lower()))


def _open_text(source: ByteSource, named: str | None, columns: Mapping[str, str]) -> FileReader:
    head = head_of(source)
    importer, claim, others = registry.choose(head, named, columns)
    chosen = replace(
        importer.format, clock=claim.clock or importer.format.clock, kind=claim.kind or importer.format.kind
    )
    symbol, timeframe = hints_of(source.text_name)
    if source.wrapping == "zip" and symbol is None and timeframe is None:
        symbol, timeframe = hints_of(source.path.name)
    return FileReader(
        path=source.path,
        format=chosen,
        reason=claim.reason,
        alternatives=others,
        symbol_hint=claim.symbol or symbol,
        timeframe_hint="TICK" if chosen.kind == "ticks" else timeframe,
        source=_rows(source, claim),
    )


def _rows(source: ByteSource, claim: Claim) -> TextRows | JsonRows:
    if isinstance(claim.layout, JsonLayout):
        return JsonRows(source, claim.layout)
    return TextRows(source, claim.layout)


def _open_parquet(
    path: Path, named: str | None, columns: Mapping[str, str], contract: str | None
) -> FileReader:
    if named not in (None, registry.GENERIC_PARQUET.name):
        raise UsageError(
            f"{path} is Parquet, not {named}", hint="Leave --format out, or use --format generic_parquet."
        )
    rows = ParquetRows(path, columns, contract)
    if contract is None and len(held := rows.contracts()) > 1:
        raise DataError(
            f"{path} holds {len(held)} contracts: {', '.join(held[:12])}", hint="Choose one of them."
        )
    ticks = rows.kind == "ticks"
    symbol, timeframe = hints_of(path.name)
    return FileReader(
        path=path,
        format=replace(
            registry.GENERIC_PARQUET, kind="ticks" if ticks else "bars", clock="utc" if rows.utc else None
        ),
        reason="Parquet with " + ("ts, bid, ask" if ticks else "ts, open, high, low, close"),
        alternatives=(),
        symbol_hint=symbol,
        timeframe_hint="TICK" if ticks else timeframe,
        source=rows,
    )
