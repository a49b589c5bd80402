"""What ``ictcli report`` does: find a run or a ledger, render what was asked for, put it where it belongs."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ictcli.errors import UsageError
from ictcli.session import Session

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from ictcli.reports.compare_sides import Side
    from ictcli.reports.run_story import RunStory

LEDGERS = ("live", "paper", "replay")
"""Words that stand for an account's ledger instead of a run."""
_BINARY = ("parquet", "png")
_DRAWN = ("html", "png")
"""What nobody reads on stdout unless it is asked for there."""


class Subject(Protocol):
    """A run or an account that is reported."""

    @property
    def name(self) -> str:
        """Id of the run, or the ledger's name."""
        ...

    def text(self, *, full: bool) -> str:
        """One screen, or everything."""
        ...

    def document(self) -> dict[str, Any]:
        """Everything but rows, as plain values."""
        ...

    def rows(self, table: str) -> "tuple[pa.Table, Mapping[str, int]]":
        """A table, and decimals of prices by symbol."""
        ...

    def story(self) -> "RunStory":
        """What pages and pictures show."""
        ...

    def why(self, symbol: str, at: "datetime") -> tuple[dict[str, Any], str]:
        """Why it traded at a moment, or why not: as plain values and as text."""
        ...

    def side(self) -> "Side":
        """What a comparison takes of it."""
        ...


def subject_of(session: Session, name: str) -> Subject:
    """A stored run, or an account by its ledger.

    Raises:
        DataError: there is none of that name, or it is damaged.
    """
    if name in LEDGERS:
        from ictcli.commands.report_ledger import LedgerSubject

        return LedgerSubject(session, name)
    from ictcli.commands.report_run import RunSubject

    return RunSubject(session, name)


def refuse_terminal(chosen: str, out: Path | None) -> None:
    """Refuse to write what no terminal shows on one.

    Raises:
        UsageError: stdout is a terminal and the format is binary.
    """
    to_stdout = str(out) == "-" or (out is None and chosen not in _DRAWN)
    if chosen in _BINARY and to_stdout and sys.stdout.isatty():
        raise UsageError(f"{chosen} is not for terminals", hint="Add --out FILE, or redirect stdout.")


def rendered(subject: Subject, chosen: str, table: str, *, full: bool, dark: bool) -> bytes:
    """A report in a format.

    Raises:
        UsageError: what draws pages or pictures is not installed.
        DataError: what the subject kept is damaged.
    """
    if chosen in _DRAWN:
        from ictcli.reports.chart_file import require_library

        require_library(Path(f"report.{chosen}"))
    if chosen == "html":
        from ictcli.reports.run_page import run_page

        return run_page(subject.story()).encode()
    if chosen == "png":
        from ictcli.reports.run_picture import run_picture

        return run_picture(subject.story(), "dark" if dark else "light")
    if chosen == "json":
        return _document(subject.document())
    if chosen == "table":
        return _text(subject.text(full=full))
    return _rows(*subject.rows(table), chosen)


def _rows(table: "pa.Table", digits: Mapping[str, int], chosen: str) -> bytes:
    from ictcli.output import encode
    from ictcli.reports import export

    if chosen == "csv":
        return export.as_csv(table, digits)
    if chosen == "parquet":
        return export.as_parquet(table)
    return "".join(encode(row) + "\n" for row in export.rows_of(table, digits)).encode()


def explained(session: Session, subject: Subject, symbol: str, moment: str, chosen: str) -> bytes:
    """Why a subject traded at a moment, or why not.

    Raises:
        UsageError: the moment is none, or the subject did not trade the symbol.
    """
    from ictcli.clock import parse_instant, to_datetime

    try:
        at = to_datetime(parse_instant(moment, now=session.now))
    except ValueError as error:
        raise UsageError(f"--why: {error}") from error
    told, text = subject.why(symbol, at)
    return _document(told) if chosen == "json" else _text(text)


def compared(session: Session, subject: Subject, other: Subject, chosen: str) -> bytes:
    """A subject against another.

    Raises:
        UsageError: they are one, or have no market, currency or day in common.
    """
    from ictcli.reports.compare import comparison
    from ictcli.reports.compare_text import comparison_text
    from ictcli.research.metrics.values import Resampling

    asked = session.config.config.backtest
    how = Resampling(asked.resamples, asked.seed, asked.confidence)
    found = comparison(subject.side(), other.side(), how)
    return _document({"compare": found}) if chosen == "json" else _text(comparison_text(found))


def put(session: Session, name: str, data: bytes, chosen: str, out: Path | None, *, opened: bool) -> None:
    """Write a report to stdout or to a file, and open it if it is asked for.

    Args:
        session: of the command.
        name: of the subject.
        data: of the report.
        chosen: its format.
        out: file; ``-`` is stdout, None too, but pages and pictures go to ``report-NAME.html`` or ``.png``.
        opened: whether to open it.
    """
    if out is None and chosen in _DRAWN:
        out = Path(f"report-{name}.{chosen}")
    if out is None or str(out) == "-":
        if chosen in _BINARY:
            session.out.write_bytes(data)
        else:
            session.out.write(data.decode())
        return
    from ictcli.store.atomic import write_named

    path = session.cwd / out
    write_named(path, data)
    session.out.note(f"wrote {out}")
    if opened:
        _open(session, path)


def _open(session: Session, path: Path) -> None:
    import webbrowser

    if not webbrowser.open(path.as_uri()):
        session.out.warn(f"no browser was found to open {path.name}")


def _document(told: Mapping[str, Any]) -> bytes:
    from ictcli.output import SCHEMA, encode

    return (encode({"schema": SCHEMA, "command": "report", **told}, indent=2) + "\n").encode()


def _text(text: str) -> bytes:
    return f"{text}\n".encode()
