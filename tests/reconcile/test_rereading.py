"""What the trader booked while its broker was read is no finding, and what it lacks still is."""

from ictcli.reconcile.matching import reconcile
from ictcli.reconcile.rereading import without_news
from ictcli.reconcile.story import CASH, FILLS, Facts, Story, Window, table
from ictcli.reconcile.tolerances import Tolerances

UNTIL = 1_000
BALANCE = 100_000_000_000


def side(deals: list[int], *, ours: bool, cash: tuple[int, ...] = ()) -> Story:
    """A story of deals that each won a unit of money; position, order and intent of all of them are gone."""
    fills = [
        {
            "deal": n, "order": n, "position": n, "magic": n, "symbol": "EURUSD", "side": 1, "entry": "out",
            "volume": 100, "price": 110_000_000, "profit": 100_000_000, "reason": "expert", "ts": 900,
        }
        | ({"intent": f"i{n}"} if ours else {})
        for n in deals
    ]  # fmt: skip
    moved = [
        {"key": f"cash.{n}", "deal": n, "kind": "balance", "amount": 100_000_000, "ts": 900} for n in cash
    ]
    balance = BALANCE + 100_000_000 * (len(deals) + len(cash))
    return Story(
        Facts("S/1", "USD", balance=balance),
        Window(0, UNTIL),
        fills=table(FILLS, fills),
        cash=table(CASH, moved),
    )


def stamps(story: Story) -> dict[int, int]:
    return dict(story.fills.select("deal", "ts").iter_rows())


def money(story: Story, broker: Story) -> list[str]:
    """Findings about deals, cash and balance."""
    found = reconcile(story, broker, Tolerances()).findings
    return sorted(one.name for one in found if one.key.startswith(("deal", "cash", "account")))


def test_a_deal_that_was_booked_meanwhile_and_is_at_the_broker_counts() -> None:
    broker = side([1, 2], ours=False)
    local = without_news(side([1], ours=True), side([1, 2], ours=True), broker)
    assert stamps(local) == {1: 900, 2: 900}
    assert money(local, broker) == []


def test_a_deal_that_the_broker_did_not_tell_yet_lies_behind_the_watermark() -> None:
    broker = side([1], ours=False)
    later = side([1, 2], ours=True, cash=(5,))
    local = without_news(side([1], ours=True), later, broker)
    assert stamps(local) == {1: 900, 2: UNTIL + 1}
    assert local.cash.item(0, "ts") == UNTIL + 1
    assert money(local, broker) == []


def test_a_deal_that_was_in_the_ledger_before_and_is_not_at_the_broker_is_found() -> None:
    broker = side([1], ours=False)
    same = side([1, 2], ours=True)
    local = without_news(same, same, broker)
    assert stamps(local)[2] == 900
    assert "phantom_fill_local deal:2" in money(local, broker)
