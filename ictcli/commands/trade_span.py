"""The span of a replay: durations count back from the last stored bar, as the store may end long ago."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ictcli.errors import DataError, UsageError
from ictcli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ictcli.market.timeframes import Timeframe


@dataclass(frozen=True, slots=True)
class Span:
    """``START..END`` as given; either may be empty."""

    first: str
    last: str

    @property
    def relative(self) -> bool:
        """Whether an end is a duration, so that it depends on what it counts back from."""
        from ictcli.clock import NS_PER_DAY, parse_instant

        ends = [end for end in (self.first, self.last) if end]
        return any(parse_instant(end, now=0) != parse_instant(end, now=NS_PER_DAY) for end in ends)

    def counted_from(self, end: int) -> tuple[int | None, int | None]:
        """Both ends in nanoseconds UTC, a duration counted back from an instant.

        Args:
            end: close of the last stored bar, ns UTC.

        Raises:
            UsageError: it is empty.
        """
        from ictcli.clock import parse_instant

        start = parse_instant(self.first, now=end) if self.first else None
        stop = parse_instant(self.last, now=end) if self.last else None
        if start is not None and stop is not None and start >= stop:
            raise UsageError(
                f"{self.first} is not before {self.last}; the end is exclusive",
                hint="A duration, such as 30d, counts back from the last stored bar.",
            )
        return start, stop


class SpanType(click.ParamType[Span]):
    """``START..END``: two instants or durations back from the last stored bar; either may be left out."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Span:
        """Check both ends; what they count from is known only with the bars."""
        from ictcli.clock import now_ns

        if isinstance(value, Span):
            return value
        first, dots, last = str(value).partition("..")
        if not dots:
            self.fail(f"{value!r} is not START..END, such as 2026-01-01..2026-02-01 or 30d..", param, ctx)
        span = Span(first, last)
        try:
            if not span.relative:
                span.counted_from(now_ns())
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return span


def span_of(
    session: Session, span: Span | None, symbols: "Sequence[str]", timeframes: "Sequence[Timeframe]",
    source: str | None,
) -> tuple[int | None, int | None]:  # fmt: skip
    """Both ends of a replay, ns UTC; without any stored bar durations count back from now.

    Args:
        session: store and configuration.
        span: as given; None where nothing is replayed.
        symbols: traded; durations count back from the last bar of any.
        timeframes: of the bars.
        source: whose bars; None for each symbol's primary or only one.

    Raises:
        UsageError: the span is empty, or several sources have a symbol.
    """
    if span is None:
        return None, None
    if not span.relative:
        return span.counted_from(session.now)
    from ictcli.store.selection import Selection, choose, has_bars

    wanted = Selection(timeframes[0], source, None, None, session.config.config.primary)
    ends = []
    for symbol in symbols:
        known = symbol if has_bars(session.store, symbol) else session.book.require(symbol).name
        try:
            manifest = session.store.manifest(choose(session.store, known, wanted))
        except DataError:
            continue  # loading the bars says so, behind what forbids to trade at all
        ends += [part.last_close for part in manifest.parts[-1:]] if manifest else []
    return span.counted_from(max(ends, default=session.now))
