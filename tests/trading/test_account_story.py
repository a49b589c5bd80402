"""A journal read from end to end: what stands and what was refused."""

from decimal import Decimal

from ictcli.ledger import bodies
from ictcli.ledger.log import Entry
from ictcli.trading.account_story import tell
from tests.ledger.stories import NOW, acked, filled, intent, sent, start, trade

D = Decimal
BAR = bodies.BarTaken(
    symbol="EURUSD", timeframe="M15", digits=5, ts=NOW, ts_close=NOW + 1, open=1, high=1, low=1, close=1,
    spread=1, tick_volume=1,
)  # fmt: skip


def entries(*found: bodies.Body) -> list[Entry]:
    return [Entry(n, NOW + n, bodies.decode(bodies.encode(body))) for n, body in enumerate(found, 1)]


def test_an_empty_journal_tells_nothing() -> None:
    story = tell([])
    assert (story.bars, story.trades, story.last_bar, story.synced) == (0, [], None, None)
    assert story.charged == {"commission": D(0), "swap": D(0), "fee": D(0)}


def test_bars_trades_charges_and_refusals_are_told() -> None:
    refused = bodies.Decided(
        symbol="EURUSD", strategy="a", bar=NOW, what="refused", reason="risk", setup=1, facts={}
    )
    synced = bodies.Synced(since=0, balance=D(1), equity=D(1), difference=D(0), open_orders=0, positions=0)
    alarm = bodies.Alerted(severity="critical", code="x", text="x")
    told = [body for batch in trade(1) for body in batch]
    open_one = [intent("held"), sent("held"), acked("held", 77), filled(900, "held", position=77)]
    denied = [intent("no", magic=99), bodies.Denied(id="no", code="latched")]
    story = tell(entries(start(), BAR, *told, *open_one, *denied, refused, refused, synced, alarm))
    assert (story.bars, story.digits, story.critical) == (1, {"EURUSD": 5}, 1)
    assert [one.net for one in story.trades] == [D("23.13")]
    assert [deal.deal for deal in story.trades[0].deals] == [3, 4]
    assert story.charged == {"commission": D("-1.05"), "swap": D("-1.17"), "fee": D(0)}
    assert list(story.book.positions) == [77]
    assert story.refusals == {"latched": 1, "risk": 2}
    assert story.synced is not None


def test_a_deal_that_was_taken_back_charges_nothing() -> None:
    told = [intent("a"), sent("a"), acked("a"), filled(5, "a"), bodies.Voided(deal=5, reason="gone")]
    assert tell(entries(start(), *told)).charged["commission"] == D(0)
