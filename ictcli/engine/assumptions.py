"""Every assumption behind a simulated fill, listed once; docs and reports print this list."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumption:
    """One rule of the fill simulation: what it is about and what is assumed."""

    topic: str
    rule: str


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption("price", "bars are bid; ask = bid + the bar's spread, the symbol's typical spread if unknown"),
    Assumption("entry", "market order at the open of the bar after the signal's close; never earlier"),
    Assumption("side", "longs buy at ask and leave at bid; shorts sell at bid and leave at ask"),
    Assumption("stop", "touched when the exit side reaches it; filled at the stop, less slippage"),
    Assumption(
        "target", "touched when the exit side reaches it; filled at the target, never better inside the bar"
    ),
    Assumption("gap", "an open beyond stop or target fills at that open; a gapped stop also pays slippage"),
    Assumption("same bar", "a bar that touches stop and target counts as stopped and is marked ambiguous"),
    Assumption("entry bar", "stop and target work from the entry on, entry bar included"),
    Assumption("refusal", "no entry when the open is beyond the stop or the entry price beyond the target"),
    Assumption("time stop", "closed at the close of the last allowed bar, entry bar counted, less slippage"),
    Assumption("end", "what is open at the end of the data is closed at the last close, less slippage"),
    Assumption("positions", "one per series; a signal while in a position is counted and skipped"),
    Assumption(
        "slippage", "a fixed number of points against the trader on market and stop fills, none on targets"
    ),
    Assumption(
        "size", "fraction of the balance over the loss at the stop with costs, rounded down to the step"
    ),
    Assumption("balance", "one symbol: size from the running balance; several: from the opening balance"),
    Assumption("ruin", "nothing is opened once the closed balance is zero or below"),
    Assumption("liquidity", "any allowed volume fills at once and moves no price; no margin, no swap"),
    Assumption("money", "each deal's profit and commission is rounded half to even to the smallest unit"),
    Assumption("time", "a trade closes at its exit bar's close, the first moment it is known"),
)


def assumption_table() -> str:
    """Markdown table of the assumptions, as docs/backtest.md prints it."""
    rows = [f"| {item.topic} | {item.rule} |" for item in ASSUMPTIONS]
    return "\n".join(["| about | assumed |", "|---|---|", *rows])
