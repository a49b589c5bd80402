"""Whether the strategies of a backtest look ahead, on the bars that they are to trade."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ictcli.clock import iso
from ictcli.config.records import Config
from ictcli.research.accounts import Floor
from ictcli.research.choices import Choice
from ictcli.research.playing import settings_of
from ictcli.strategies.expression import Expression
from ictcli.strategies.protocol import Strategy
from ictcli.telemetry import Progress

if TYPE_CHECKING:
    from ictcli.strategies.lookahead import Lookahead


def needs_check(choices: Sequence[Choice]) -> bool:
    """Whether one of them sees all bars at once, and so is checked unasked."""
    return any(isinstance(one.strategy, Expression) for one in choices)


def check_lookahead(
    floor: Floor, choices: Sequence[Choice], config: Config, progress: Progress
) -> tuple[dict[str, Any], str, "Lookahead"]:
    """Change the future of every strategy on every series, until one gives itself away.

    Returns:
        What was found as plain values, the name of the strategy, and what was found of it; without a leak
        those of the last one, with all replays counted.
    """
    from ictcli.strategies.lookahead import (  # noqa: PLC0415 - imports polars, which most runs do without
        Lookahead,
        check_expression,
        check_strategy,
    )

    name, found = "", Lookahead(0, None)
    counts = {"checked": 0, "moments": 0, "bars_checked": 0, "bars": 0}
    for choice in choices:
        name = choice.strategy.name
        for series in floor.series[: floor.traded]:
            settings = settings_of(series, config)
            if isinstance(choice.strategy, Expression):
                found = check_expression(
                    choice.strategy, series.bars, settings, series.key, progress=progress
                )
            elif isinstance(choice.strategy, Strategy):
                found = check_strategy(
                    choice.strategy, choice.params, series.bars, settings, progress=progress
                )
            for count in counts:
                counts[count] += getattr(found, count)
            if found.first is not None:
                first = {
                    "strategy": name,
                    "symbol": series.key.symbol,
                    "column": found.first.column,
                    "bar": found.first.bar,
                    "ts": iso(found.first.ts),
                }
                return {**counts, "first": first}, name, found
    return {**counts, "first": None}, name, found
