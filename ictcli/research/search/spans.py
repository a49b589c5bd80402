"""One account over a part of the bars: everything before it warms up, nothing after it is seen."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ictcli.config.records import Config
from ictcli.engine.refusals import ExitReason
from ictcli.market.bars import Bars, Int64
from ictcli.research.accounts import Floor
from ictcli.research.backtest import closing_days, days_of, sample_of
from ictcli.research.choices import Choice
from ictcli.research.metrics.values import Sample
from ictcli.research.playing import Decisions, Line, settle
from ictcli.strategies.decisions import CANCEL, CLOSE, ENTER

Span = tuple[int, int]
"""First instant, and the one before which it ends, nanoseconds UTC."""


def within(bars: Bars, span: Span) -> tuple[int, int]:
    """The bars that open and close inside a span: the first, and the one after the last."""
    first = int(np.searchsorted(bars.ts, span[0]))
    return first, max(first, int(np.searchsorted(bars.ts_close, span[1], side="right")))


def cut(floor: Floor, end: int) -> Floor:
    """What was known at an instant: bars closed by then."""

    def known(bars: Bars) -> Bars:
        return bars.slice(0, int(np.searchsorted(bars.ts_close, end, side="right")))

    series = tuple(replace(one, bars=known(one.bars)) for one in floor.series)
    fine = tuple(None if one is None else known(one) for one in floor.fine)
    return replace(floor, series=series, fine=fine)


def asked_within(decisions: Decisions, bars: Bars, span: Span, *, until: int | None = None) -> Decisions:
    """Decisions at the closes of the bars of a span.

    Args:
        decisions: of one strategy on one series.
        bars: of the series.
        span: the part.
        until: also keep withdrawals and exits of the span's set-ups up to this instant.
    """
    first, last = within(bars, span)
    at = decisions["bar"]
    inside = (at >= first) & (at < last)
    if until is None:
        return np.asarray(decisions[inside])
    own = np.unique(decisions["setup"][inside & (decisions["kind"] == ENTER)])
    later = (at >= last) & (bars.ts_close[at] <= until) & np.isin(decisions["kind"], (CANCEL, CLOSE))
    return np.asarray(decisions[inside | (later & np.isin(decisions["setup"], own))])


def play_span(
    floor: Floor, choices: Sequence[Choice], config: Config, lines: Sequence[Line], span: Span
) -> Sample:
    """What an account makes that trades inside a span only, as metrics see it.

    Bars before the span warm up what the account measures, and nothing is traded there. The account knows
    no bar after the span, and trades that were open at its end are left out: their lives would reach into
    what comes next.

    Args:
        floor: all bars.
        choices: strategies.
        config: account and costs.
        lines: what the strategies decided on all bars.
        span: where they trade.
    """
    known = cut(floor, span[1])
    inside = [
        replace(line, decisions=asked_within(line.decisions, floor.series[line.series].bars, span))
        for line in lines
    ]
    played = settle(known, choices, config, inside)
    ended = pc.equal(played.trades.column("exit_reason"), ExitReason.END.label)
    return narrowed(
        sample_of(known, played, config), known, span, ~np.asarray(ended.to_numpy(zero_copy_only=False), bool)
    )


def narrowed(sample: Sample, floor: Floor, span: Span, kept: NDArray[np.bool_]) -> Sample:
    """A sample of some trades over the days of a span; without marks of the account, which hold all trades.

    Args:
        sample: of an account.
        floor: what it traded.
        span: whose days count.
        kept: which trades.
    """
    days = span_days(floor, span)
    own = sample.days[kept]
    return replace(
        sample,
        trades=sample.trades.filter(pa.array(kept)),
        days=np.minimum(own, days[-1]) if len(days) else own,
        all_days=days,
        bars=count_bars(floor, [span]),
        equity=None,
    )


def span_days(floor: Floor, span: Span) -> Int64:
    """The trading days of the bars of a span."""
    parts = []
    for one in floor.series[: floor.traded]:
        first, last = within(one.bars, span)
        parts.append(closing_days(one, one.bars.ts_close[first:last]))
    return np.unique(np.concatenate(parts))


def floor_days(floor: Floor) -> Int64:
    """The trading days of all bars."""
    series = floor.series[: floor.traded]
    return days_of(series)


def count_bars(floor: Floor, spans: Sequence[Span]) -> int:
    """Bars of all traded series inside the spans."""
    sizes = [within(one.bars, span) for one in floor.series[: floor.traded] for span in spans]
    return sum(last - first for first, last in sizes)


def joined_lines(
    floor: Floor, parts: Sequence[tuple[Span, Sequence[Line]]], choices_per_part: int
) -> list[Line]:
    """Decisions of several spans, each made by strategies of its own, for one account over all of them.

    A set-up that was traded in a span may be left after its end, by the strategy that entered it.

    Args:
        floor: all bars.
        parts: span, and what its strategies decided on all bars.
        choices_per_part: number of strategies in each.
    """
    end = max(span[1] for span, _ in parts)
    return [
        Line(
            number * choices_per_part + line.choice,
            line.series,
            asked_within(line.decisions, floor.series[line.series].bars, span, until=end),
        )
        for number, (span, lines) in enumerate(parts)
        for line in lines
    ]
