"""Why the gate keeps a request from being sent: one code, one sentence."""

from enum import StrEnum


class Denial(StrEnum):
    """Code of a refusal, as ``Denied`` records it."""

    NOT_STARTED = "not_started"
    FENCED = "fenced"
    LATCHED = "latched"
    HALTED = "halted"
    REDUCING = "reducing"
    RECOVERING = "recovering"
    STALE = "stale"
    VOLUME = "volume"
    MOST_VOLUME = "most_volume"
    PRICE = "price"
    NO_QUOTE = "no_quote"
    BAD_QUOTE = "bad_quote"
    OLD_QUOTE = "old_quote"
    MOVED = "moved"
    UNRESOLVED = "unresolved"
    CONSERVATION = "conservation"
    MAGIC = "magic"
    RATE = "rate"
    REPEATED = "repeated"
    NO_POSITION = "no_position"
    IN_FLIGHT = "in_flight"
    NO_ORDER = "no_order"


SENTENCES: dict[Denial, str] = {
    Denial.NOT_STARTED: "No trader has begun on this journal.",
    Denial.FENCED: "A later trader has begun on this journal.",
    Denial.LATCHED: "The emergency stop is on; only cancels pass, and closes after `halt --flatten`.",
    Denial.HALTED: "Trading is halted; only cancels and stops for open positions pass.",
    Denial.REDUCING: "Only what shrinks exposure is allowed.",
    Denial.RECOVERING: "The account was not compared with the broker since the start.",
    Denial.STALE: "It was decided before a restart and provably never sent.",
    Denial.VOLUME: "The volume is absent, not a number or not above zero.",
    Denial.MOST_VOLUME: "The volume is above `trade.most_volume`.",
    Denial.PRICE: "A price is not a number or not above zero, or one that the kind of order needs is absent.",
    Denial.NO_QUOTE: "There is no quote of the symbol.",
    Denial.BAD_QUOTE: "The quote is not a number, not above zero, or crossed.",
    Denial.OLD_QUOTE: "The quote is older than `trade.quote_age`, or from the future.",
    Denial.MOVED: "The price moved further from the expected one than `trade.deviation` allows.",
    Denial.UNRESOLVED: "The outcome of an earlier order of the symbol is unknown.",
    Denial.CONSERVATION: "It asks for more than was decided, or for what may have been executed already.",
    Denial.MAGIC: "The magic number is another order's.",
    Denial.RATE: "Too many requests in the last minute.",
    Denial.REPEATED: "The same order was sent too often within a minute.",
    Denial.NO_POSITION: "The position is not open, or is not one of ours, or the side would add to it.",
    Denial.IN_FLIGHT: "An earlier request for the same position or order has no outcome yet.",
    Denial.NO_ORDER: "The order to be cancelled or amended is none of ours.",
}


def denial_table() -> str:
    """The table of docs/orders.md."""
    rows = ["| code | why |", "|---|---|"]
    rows += [f"| `{code}` | {SENTENCES[code]} |" for code in Denial]
    return "\n".join(rows)
