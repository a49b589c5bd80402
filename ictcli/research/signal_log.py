"""Every decision of a run and what became of it, so that "why" and "why no trade" have an answer."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.engine.portfolio import Asked
from ictcli.engine.refusals import OrderEvent, Refusal
from ictcli.engine.trades import INSTANT, PRICE, decimals, instants, labels
from ictcli.market.bars import Int64
from ictcli.research.choices import Choice
from ictcli.research.playing import Line, Played, strategy_names
from ictcli.research.series import Series
from ictcli.strategies.decisions import ENTER, KIND_NAMES, NOTE, ORDER_NAMES, STAGE_NAMES

SIGNALS = pa.schema(
    [
        ("source", pa.string()),
        ("symbol", pa.string()),
        ("timeframe", pa.string()),
        ("strategy", pa.string()),
        ("signal_at", INSTANT),
        ("setup_number", pa.int64()),
        ("kind", pa.string()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("side", pa.string()),
        ("order", pa.string()),
        ("price", PRICE),
        ("stop", PRICE),
        ("target", PRICE),
        ("formed_at", INSTANT),
        ("zone", pa.int64()),
        ("outcome", pa.string()),
        ("probability", pa.float64()),
    ]
)
"""``signal_at`` is the close of the bar of the decision; ``kind`` is ``note``, ``enter``, ``cancel`` or
``close``; ``stage`` is where the set-up stands then, ``reason`` the strategy's. ``outcome`` says what became
of an entry: ``filled``, a refusal's name, or how its order ended; null for other kinds. ``probability`` is
the model's, null without one."""

_ENDS = (OrderEvent.REFUSED, OrderEvent.FILLED, OrderEvent.EXPIRED, OrderEvent.VOID, OrderEvent.CANCELLED)
_PRICE_LIMIT = 2**52
"""Points beyond which a decision's price is not written: the engine refused it as no price."""


def signal_table(played: Played, series: Sequence[Series], choices: Sequence[Choice]) -> pa.Table:
    """One row per decision, series by series, strategy by strategy, in time order."""
    names = strategy_names(choices)
    parts = [SIGNALS.empty_table()]
    for line in played.lines:
        outcome = _outcomes(played, line)
        parts.append(_rows(line, series[line.series], choices[line.choice], names[line.choice], outcome))
    return pa.concat_tables(parts)


def _outcomes(played: Played, line: Line) -> list[str | None]:
    """The outcome of each decision of one strategy on one series."""
    asked = rows_of(played.asked, line)
    events = played.books.events
    own = np.flatnonzero((events["series"] == line.series) & np.isin(events["event"], _ENDS))
    own = own[np.isin(events["row"][own], asked)]
    refusals = {int(one): one.label for one in Refusal}
    ends = {int(one): one.label for one in _ENDS}
    words: dict[int, str] = {}
    columns = (events[name][own].tolist() for name in ("row", "event", "code"))
    for row, event, code in zip(*columns, strict=True):
        if words.get(row) != ends[OrderEvent.FILLED]:
            words[row] = refusals[code] if code else ends[event]
    never = Refusal.NO_NEXT_BAR.label
    found: list[str | None] = [None] * len(line.decisions)
    wanted = np.flatnonzero(line.decisions["kind"] != NOTE)
    for at, row, kind in zip(
        wanted.tolist(), asked.tolist(), line.decisions["kind"][wanted].tolist(), strict=True
    ):
        if kind == ENTER:
            found[at] = words.get(row, never)
    return found


def rows_of(asked: Asked, line: Line) -> Int64:
    """The rows, counted within the series, of what one strategy asked for there."""
    first, last = asked.spans[line.series]
    rows: Int64 = np.flatnonzero(asked.owners[first:last] == line.choice)
    return rows


def _rows(line: Line, series: Series, choice: Choice, name: str, outcome: list[str | None]) -> pa.Table:
    made, bars = line.decisions, series.bars
    reasons = dict(enumerate(choice.reasons))
    entry = made["kind"] == ENTER

    def price(values: Int64) -> pa.Array:
        fine = entry & (values > 0) & (values < _PRICE_LIMIT)
        column = decimals(np.where(fine, values, 0) * 10 ** (8 - bars.digits), PRICE)
        return pc.if_else(pa.array(fine), column, pa.scalar(None, column.type))

    def words(values: Int64, known: Sequence[str]) -> pa.Array:
        return labels(values, dict(enumerate(known)))

    formed = np.clip(made["formed"], 0, len(bars) - 1) if len(bars) else made["formed"]
    side = {1: "long", -1: "short"}
    texts = [series.key.source, series.key.symbol, series.key.timeframe.name, name]
    columns = [
        *(pa.repeat(pa.scalar(text), len(made)) for text in texts),
        instants(bars.ts_close[made["bar"]]),
        pa.array(made["setup"].copy(), mask=made["setup"] < 0),
        words(made["kind"], KIND_NAMES),
        words(made["stage"], STAGE_NAMES),
        pa.array([reasons[code] or None for code in made["reason"].tolist()], pa.string()),
        pa.array([side.get(one) for one in made["side"].tolist()], pa.string()),
        pa.array(
            [
                ORDER_NAMES[one] if own else None
                for one, own in zip(made["order"].tolist(), entry.tolist(), strict=True)
            ],
            pa.string(),
        ),
        price(made["price"]),
        price(made["stop"]),
        price(made["target"]),
        instants(bars.ts[formed]),
        pa.array(made["zone"].copy(), mask=made["zone"] < 0),
        pa.array(outcome, pa.string()),
        pa.array(made["probability"].copy(), mask=np.isnan(made["probability"])),
    ]
    return pa.Table.from_arrays(columns, schema=SIGNALS)
