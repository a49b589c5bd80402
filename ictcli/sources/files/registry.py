"""All importers of text formats, and the choice between them."""

from collections.abc import Mapping

from ictcli.errors import DataError, UsageError
from ictcli.sources.files import (
    binance,
    dukascopy,
    firstrate,
    generic_csv,
    histdata_ascii,
    histdata_mt,
    histdata_nt,
    histdata_ticks,
    kraken,
    lean_zip,
    mt4,
    mt5,
    mt5like,
    truefx,
)
from ictcli.sources.files.headers import kind_of, roles_by_name
from ictcli.sources.files.layout import Claim, Head, Importer, separator_of
from ictcli.sources.files.records import FileFormat

GENERIC_PARQUET = FileFormat(
    "generic_parquet",
    "bars",
    summary="Parquet with ts, open, high, low, close (or bid, ask), or a column map",
    any_stamp=True,
)

IMPORTERS: dict[str, Importer] = {
    module.IMPORTER.format.name: module.IMPORTER
    for module in (
        mt5,
        mt5like,
        mt4,
        histdata_ascii,
        histdata_mt,
        histdata_nt,
        histdata_ticks,
        truefx,
        dukascopy,
        binance,
        kraken,
        firstrate,
        lean_zip,
        generic_csv,
    )
}

_BINARY = 10
"""One in so many characters that no text has makes a file one of binary data."""
_MENTIONED = 0.3  # claims below are too weak to offer as alternatives


def formats() -> tuple[FileFormat, ...]:
    """Every format that ``open_file`` reads, in the order they are listed to users."""
    return (*(importer.format for importer in IMPORTERS.values()), GENERIC_PARQUET)


def require(name: str) -> None:
    """Check that a format of this name exists.

    Raises:
        UsageError: there is none.
    """
    known = [entry.name for entry in formats()]
    if name not in known:
        raise UsageError(f"unknown file format {name!r}", hint="Use one of " + ", ".join(known) + ".")


def choose(
    head: Head, named: str | None, columns: Mapping[str, str]
) -> tuple[Importer, Claim, tuple[str, ...]]:
    """The importer for a text: the named one, else (a column map given) generic, else the surest claim.

    Returns:
        Importer, its claim, and the names of the other formats that fit, best first.

    Raises:
        DataError: the named format does not fit, or none does.
    """
    if named is None and columns:
        named = generic_csv.IMPORTER.format.name
    if named is not None:
        claim = IMPORTERS[named].claim(head, columns)
        if claim is None:
            raise DataError(
                f"{head.name} is not a {named} file: it starts {_start(head)}",
                hint="Leave --format out to have the format recognised.",
            )
        return IMPORTERS[named], claim, ()
    claims, refusals = _claims(head, columns)
    if not claims:
        if not refusals and not any(character.isdecimal() for line in head.lines for character in line):
            names = [cell.lower() for cell in head.cells(separator_of(head) or ",")[0]]
            if kind_of(roles_by_name(names)) is not None:
                raise DataError(f"{head.name} holds no rows, only a header", hint="Export it again.")
        raise (
            refusals[0]
            if refusals
            else DataError(
                f"{head.name} has no format we know: it starts {_start(head)}",
                hint="Give --format, or a column map such as ts=Time,open=O,high=H,low=L,close=C.",
            )
        )
    others = tuple(importer.format.name for claim, importer in claims[1:] if claim.confidence >= _MENTIONED)
    return claims[0][1], claims[0][0], others


def _claims(head: Head, columns: Mapping[str, str]) -> tuple[list[tuple[Claim, Importer]], list[DataError]]:
    claims = []
    refusals = []
    for importer in IMPORTERS.values():
        try:
            claim = importer.claim(head, columns)
        except DataError as refusal:  # one format's refusal must not hide another that fits
            refusals.append(refusal)
            continue
        if claim is not None:
            claims.append((claim, importer))
    claims.sort(key=lambda pair: -pair[0].confidence)
    return claims, refusals


def _start(head: Head) -> str:
    start = head.lines[0][:60]
    strange = sum(not one.isprintable() or one == "\ufffd" for one in start)
    return "with binary data" if _BINARY * strange > len(start) else ascii(start)
