"""Every signal of a run and what became of it, so that "why no trade" has an answer."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.engine.refusals import Refusal
from ictcli.engine.trades import INSTANT, PRICE, decimals, instants
from ictcli.market.bars import Bars, Int64, SeriesKey
from ictcli.strategies.signals import NO_ZONE, Signals

SIGNALS = pa.schema(
    [
        ("source", pa.string()),
        ("symbol", pa.string()),
        ("timeframe", pa.string()),
        ("signal_at", INSTANT),
        ("side", pa.string()),
        ("stop", PRICE),
        ("target", PRICE),
        ("max_bars", pa.int64()),
        ("zone", pa.int64()),
        ("outcome", pa.string()),
    ]
)
"""``signal_at`` is the close of the signal's bar; ``outcome`` is ``filled`` or a refusal's name."""


def signal_table(key: SeriesKey, bars: Bars, signals: Signals, codes: Int64) -> pa.Table:
    """One row per signal, in the strategy's order; numbers of an invalid signal are null."""
    valid = codes != Refusal.INVALID_SIGNAL
    at, stop, target, max_bars, zone = (
        np.where(valid, values, 0).astype(np.int64)
        for values in (signals.bar, signals.stop, signals.target, signals.max_bars, signals.zone)
    )
    side = np.where(np.asarray(signals.side) > 0, "long", "short")
    scale = 10 ** (8 - bars.digits)
    labels = {int(code): code.label if code else "filled" for code in Refusal}

    def known(column: pa.Array) -> pa.Array:
        return pc.if_else(pa.array(valid), column, pa.scalar(None, column.type))

    columns = [
        *(pa.repeat(pa.scalar(text), len(codes)) for text in (key.source, key.symbol, key.timeframe.name)),
        known(instants(bars.ts_close[at])),
        known(pa.array(side.tolist(), pa.string())),
        known(decimals(stop * scale, PRICE)),
        known(decimals(target * scale, PRICE)),
        known(pa.array(max_bars)),
        known(pa.array(zone, mask=zone == NO_ZONE)),
        pa.array([labels[code] for code in codes.tolist()], pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=SIGNALS)
