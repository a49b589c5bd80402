"""Which kind of statement a file is, and its reading."""

import re
from pathlib import Path

from ictcli.errors import DataError
from ictcli.reconcile.statements.csv_deals import read_deals
from ictcli.reconcile.statements.decoding import MOST_BYTES, read_text
from ictcli.reconcile.statements.markup import read_page
from ictcli.reconcile.statements.mt4_statement import read_mt4
from ictcli.reconcile.statements.mt5_report import read_report
from ictcli.reconcile.statements.record import Statement

_TESTER = re.compile(r"<title>\s*Strategy Tester", re.IGNORECASE)
_HEAD = 20_000
"""Characters in which the title of a page stands."""


def read_statement(path: Path, most: int = MOST_BYTES) -> Statement:
    """Read a statement file: MetaTrader 5's report, MetaTrader 4's statement, deals in CSV.

    What a file is shows in its text, not in its name.

    Args:
        path: the file.
        most: the largest file that is read, in bytes.

    Raises:
        DataError: it is none of them, is damaged or ends before its end; names place and fault in one line.
    """
    text = read_text(path, most)
    try:
        return _read(text)
    except DataError as error:
        raise DataError(_in_one_line(f"{path.name}: {error.message}"), hint=error.hint) from error


def _in_one_line(text: str) -> str:
    """A message that quotes a file, without what moves a terminal's cursor."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _read(text: str) -> Statement:
    if not text.strip():
        raise DataError("the file is empty")
    if not text.lstrip().startswith("<"):
        return read_deals(text)
    if _TESTER.search(text[:_HEAD]):
        raise _tester(text)
    page = read_page(text)
    if page.title.startswith("Statement:"):
        return read_mt4(page)
    if page.generator == "client terminal":
        return read_report(page)
    raise DataError(
        "no report of a terminal that is known",
        hint="export the history of the account from MetaTrader as a report (HTML)",
    )


def _tester(text: str) -> DataError:
    ended = text.rstrip().lower().endswith("</html>")
    what = "not the history of an account" if ended else "and truncated: it does not end with </html>"
    return DataError(
        f"a report of the strategy tester, {what}",
        hint="export the history of the account; a backtest is compared with `--against-backtest`",
    )
