"""Files without a header: what most of the first rows look like decides."""

from collections.abc import Callable, Sequence

from ictcli.sources.files.layout import Head, is_number, most


def rows_of(head: Head, separator: str, columns: Sequence[int]) -> list[list[str]]:
    """Field texts of the first lines, if most lines have one of these numbers of columns; else none."""
    rows = head.cells(separator)
    fitting = [row for row in rows if len(row) in columns]
    return fitting if len(fitting) * 10 >= len(rows) * 9 or len(rows) - len(fitting) == 1 else []


def column_is(rows: Sequence[Sequence[str]], column: int, test: Callable[[str], bool]) -> bool:
    """Whether most rows pass ``test`` in this column; one stray row among few is forgiven."""
    texts = [row[column] for row in rows if len(row) > column]
    return most(texts, test) or (len(texts) > 1 and sum(map(test, texts)) >= len(texts) - 1)


def numbers_from(rows: Sequence[Sequence[str]], first: int, last: int) -> bool:
    """Whether most rows hold numbers in columns ``first`` to ``last`` (inclusive)."""
    return all(column_is(rows, column, is_number) for column in range(first, last + 1))
