"""What restricts trading, in one line for people: why nothing is opened, and what to do about it."""

from ictcli.ledger.bodies import Mode

_ADVICE = {
    "account: ": "compare `ictcli status` with the broker's terminal; it is lifted when both agree",
    "clock: ": "it is lifted when the broker's clock keeps its rule again",
    "breaker: ": "read in `ictcli report live` why orders were refused, then lift it with `ictcli resume`",
    "invariants: ": "keep the ledger, and run `ictcli ledger verify`",
}


def restricted(mode: Mode, reason: str) -> str:
    """A line that says what is not allowed, why, and what to do; empty where everything is allowed.

    Args:
        mode: what is allowed.
        reason: why; its first word says who restricted it.
    """
    if mode == "active":
        return ""
    reducing = "only what shrinks exposure is sent"
    what = reducing if mode == "reducing" else "nothing is opened, stops at the broker hold"
    advice = next((text for word, text in _ADVICE.items() if reason.startswith(word)), "see `ictcli status`")
    return f"trading is {mode}, {what}: {reason}; {advice}"
