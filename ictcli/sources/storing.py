"""Second pass over a price file: judge every staged row, store the good ones, quarantine the others."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import iso
from ictcli.market.bars import Int64
from ictcli.market.clocks import ClockRule, impossible
from ictcli.market.timeframes import TICK
from ictcli.market.validation.prices import Prices
from ictcli.market.validation.rules import CODES, RULES, names_of
from ictcli.market.validation.signs import SignCounter
from ictcli.sources.conversion import bars_of, crossed, ticks_of
from ictcli.sources.files.containers import ByteSource
from ictcli.sources.files.records import RejectedRow
from ictcli.sources.judging import PRICES, Block
from ictcli.sources.raw_rows import raw_lines, values_as_text
from ictcli.sources.source import Request
from ictcli.sources.subject import Subject
from ictcli.store.records import QuarantinedRow
from ictcli.store.writer import SeriesWriter

_AT_ONCE = 10_000
_SLIPS = [CODES[rule] for rule in ("mixed_timeframe", "nan_or_inf", "not_positive", "decimal_shift")]
"""Rules that explain a strange row by itself: such rows say nothing about whether a file was generated."""


@dataclass(slots=True)
class Tally:
    """What became of the rows so far.

    Attributes:
        broken: quarantined rows by rule.
        good: rows stored.
        outside: rows outside the span asked for.
        crossed: stored rows whose ask lies below the bid.
        nonexistent: rows at times that the clock never shows.
        first, last: first and last stored instant.
        bad_lines, bad_rules: line and rule number of the quarantined rows.
        bad_texts: their values as text, where the file has no text lines.
    """

    broken: Counter[str] = field(default_factory=Counter)
    good: int = 0
    outside: int = 0
    crossed: int = 0
    nonexistent: int = 0
    first: int | None = None
    last: int | None = None
    bad_lines: list[Int64] = field(default_factory=list)
    bad_rules: list[NDArray[np.int8]] = field(default_factory=list)
    bad_texts: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows seen."""
        return self.good + self.outside + self.broken.total()


def store_block(
    block: Block, writer: SeriesWriter, subject: Subject, request: Request, tally: Tally, *, describe: bool
) -> None:
    """Hand the good rows of a block to the writer and note the others.

    Args:
        block: judged rows.
        writer: of the series.
        subject: what the file is.
        request: the span asked for.
        tally: counts to add to.
        describe: keep the values of bad rows as text.
    """
    _note_bad(block, tally, describe=describe)
    ts, columns = block.good()
    ts, columns = _within(ts, columns, request, tally)
    if len(ts) == 0:
        return
    limits = subject.limits
    tally.good += len(ts)
    tally.crossed += crossed(columns)
    tally.first = int(ts[0]) if tally.first is None else tally.first
    tally.last = int(ts[-1])
    if subject.key.timeframe == TICK:
        writer.add(ticks_of(ts, columns, limits.digits))
    else:
        writer.add(bars_of(ts, columns, subject.key.timeframe, subject.cal, limits.digits, subject.written))


def note_nonexistent(block: Block, rule: ClockRule, tally: Tally) -> None:
    """Count the rows of a block at times that the clock of ``rule`` skips when it is set forward."""
    tally.nonexistent += int(np.count_nonzero(impossible(rule, block.columns["wall"])))


def watch_for_signs(block: Block, signs: SignCounter) -> None:
    """Let the sign counter see the rows of a block that no slip explains."""
    told = ~np.isin(block.verdicts, _SLIPS)
    signs.add_stamps(block.ts[told])
    columns = {name: values[told] for name, values in block.columns.items()}
    if "open" in columns:
        volume = columns.get("tick_volume", columns.get("real_volume"))
        signs.add_bars(Prices(*(columns[name] for name in PRICES)), volume)


def quarantine(
    writer: SeriesWriter, name: str, rejected: Iterable[RejectedRow], tally: Tally, text: ByteSource | None
) -> None:
    """Write down every row that was kept out, with its line, rule and text, a few at a time.

    Args:
        writer: of the series.
        name: of the file.
        rejected: rows that did not parse.
        tally: the other rows kept out.
        text: where the lines are read again; None when the file has no lines of text.
    """
    rows = (QuarantinedRow(name, row.line, row.rule, row.raw) for row in rejected)
    _in_batches(writer, rows)
    if tally.bad_lines:
        _in_batches(writer, _bad_rows(name, tally, text))


def _in_batches(writer: SeriesWriter, rows: Iterator[QuarantinedRow]) -> None:
    while batch := list(islice(rows, _AT_ONCE)):
        writer.quarantine(batch)


def _bad_rows(name: str, tally: Tally, text: ByteSource | None) -> Iterator[QuarantinedRow]:
    lines = np.concatenate(tally.bad_lines)
    order = np.argsort(lines, kind="stable")
    numbers = lines[order].tolist()
    rules = np.concatenate(tally.bad_rules)[order].tolist()
    texts = raw_lines(text, numbers) if text is not None else (tally.bad_texts[at] for at in order.tolist())
    for line, rule, raw in zip(numbers, rules, texts, strict=True):
        yield QuarantinedRow(name, line, RULES[rule - 1].name, raw)


def _note_bad(block: Block, tally: Tally, *, describe: bool) -> None:
    bad = np.flatnonzero(block.verdicts)
    if len(bad) == 0:
        return
    rules = block.verdicts[bad]
    tally.broken.update(names_of(rules))
    tally.bad_lines.append(block.columns["line"][bad])
    tally.bad_rules.append(rules)
    if describe:
        tally.bad_texts += [_described(block, row) for row in bad.tolist()]


def _described(block: Block, row: int) -> str:
    values: dict[str, Any] = {name: column[row] for name, column in block.columns.items() if name != "line"}
    return values_as_text(values | {"wall": iso(int(values["wall"])).removesuffix("Z")})


def _within(
    ts: Int64, columns: dict[str, NDArray[Any]], request: Request, tally: Tally
) -> tuple[Int64, dict[str, NDArray[Any]]]:
    first = 0 if request.start is None else int(np.searchsorted(ts, request.start))
    stop = len(ts) if request.end is None else int(np.searchsorted(ts, request.end))
    if first == 0 and stop == len(ts):
        return ts, columns
    part = slice(first, max(first, stop))
    tally.outside += len(ts) - len(ts[part])
    return ts[part], {name: values[part] for name, values in columns.items()}
