"""The conformance cards that every broker passes before it is traded at (docs/broker-conformance.md)."""

from ictcli.brokers.conformance_card import Bench, Card
from ictcli.brokers.conformance_faults import FAULTS
from ictcli.brokers.conformance_orders import ORDERS
from ictcli.brokers.conformance_reading import READING
from ictcli.errors import PolicyRefused

CARDS: tuple[Card, ...] = (*READING, *ORDERS, *FAULTS)


def play(card: Card, bench: Bench) -> None:
    """Play one card on a connected broker and take back what it opened.

    Raises:
        CardFailed: the broker does not do what the card claims.
    """
    try:
        card.play(bench)
    finally:
        bench.clear()


def require_demo(bench: Bench) -> None:
    """Refuse to play on anything but a demo account.

    Raises:
        PolicyRefused: real money is at stake.
    """
    account = bench.broker.account()
    if not account.demo:
        raise PolicyRefused(
            f"account {account.login} is not a demo account, and cards trade",
            hint="Play conformance cards on a demo account.",
        )


def card_table() -> str:
    """All cards as a Markdown table, for the documentation."""
    rows = ["| card | claim | how it is checked | on a real demo account |", "|---|---|---|---|"]
    rows += [
        f"| {card.name} | {card.claim} | {card.check} | {'no: it needs faults' if card.faults else 'yes'} |"
        for card in CARDS
    ]
    return "\n".join(rows)
