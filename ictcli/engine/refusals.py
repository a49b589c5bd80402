"""Why an entry was refused and why a position ended: the codes, each with its sentence.

The kernels import these numbers as constants ("kernels import" also puts this file into the compiled
code's cache key, see ``kernels.kernel_sources``). Numbers are stored in runs: append, never renumber.
"""

from enum import IntEnum


class Refusal(IntEnum):
    """What became of a signal; everything but ``NONE`` means that no position was opened."""

    NONE = 0
    INVALID_SIGNAL = 1
    STOP_WRONG_SIDE = 2
    TARGET_WRONG_SIDE = 3
    IN_POSITION = 4
    NO_NEXT_BAR = 5
    OPEN_BEYOND_STOP = 6
    OPEN_BEYOND_TARGET = 7
    VOLUME_BELOW_MINIMUM = 8
    BALANCE_EXHAUSTED = 9

    @property
    def label(self) -> str:
        """The code as reports and JSON write it."""
        return self.name.lower()


class ExitReason(IntEnum):
    """What closed a position."""

    STOP = 1
    TARGET = 2
    TIME = 3
    END = 4

    @property
    def label(self) -> str:
        """The code as reports and JSON write it."""
        return self.name.lower()


EXPLANATIONS: dict[Refusal, str] = {
    Refusal.NONE: "the signal was filled",
    Refusal.INVALID_SIGNAL: "side is not +1 or -1, no stop, or a number is NaN, negative or too large",
    Refusal.STOP_WRONG_SIDE: "the stop is not beyond the signal bar's close on the losing side",
    Refusal.TARGET_WRONG_SIDE: "the target is not beyond the signal bar's close on the winning side",
    Refusal.IN_POSITION: "the series already had a position at the open that would have filled it",
    Refusal.NO_NEXT_BAR: "the data ends at the signal bar, so there is no open to fill at",
    Refusal.OPEN_BEYOND_STOP: "the next open was already at or beyond the stop",
    Refusal.OPEN_BEYOND_TARGET: "the entry price was already at or beyond the target",
    Refusal.VOLUME_BELOW_MINIMUM: "the allowed risk does not pay for the smallest volume",
    Refusal.BALANCE_EXHAUSTED: "the balance is zero or below",
}


def explain(refusal: Refusal) -> str:
    """One sentence for people."""
    return EXPLANATIONS[refusal]


def refusal_table() -> str:
    """Markdown table of the codes, as docs/backtest.md prints it."""
    rows = [f"| {code.value} | `{code.label}` | {explain(code)} |" for code in Refusal if code]
    return "\n".join(["| code | name | meaning |", "|---|---|---|", *rows])
