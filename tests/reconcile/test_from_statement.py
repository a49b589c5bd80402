"""A statement as one side of a reconciliation."""

from dataclasses import replace
from pathlib import Path

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.reconcile.exact import units
from ictcli.reconcile.from_statement import statement_story
from ictcli.reconcile.statements.reading import read_statement
from ictcli.reconcile.statements.record import Statement
from ictcli.reconcile.statements.values import wall
from ictcli.terminals.times import ServerClock
from tests.reconcile.statements.book import book
from tests.reconcile.statements.writing import deals_csv, mt4, mt5

CLOCK = ServerClock("ny+7")
MADE = book(5, parts=True)


def read(folder: Path, text: str) -> Statement:
    path = folder / "statement"
    path.write_text(text, encoding="utf-8")
    return read_statement(path)


def test_a_report_tells_a_whole_story(tmp_path: Path) -> None:
    statement = read(tmp_path, mt5(MADE))
    story = statement_story(statement, CLOCK, {"EURUSD": "EUR"})
    assert story.facts.account == "Broker-Live/4711001"
    assert (story.facts.balance, story.facts.netting) == (units(MADE.balance), False)
    assert (story.window.complete, story.window.why) == (True, "")
    assert story.window.until == CLOCK.instant(statement.written) + NS_PER_MINUTE - 1
    assert story.fills.height == story.orders.height == len(MADE.deals) - 1
    assert set(story.orders.get_column("status")) == {"filled"}
    assert "EURUSD" not in set(story.fills.get_column("symbol"))
    assert story.cash.select("kind", "amount").rows() == [("balance", units(MADE.deposit))]


def test_deals_are_of_their_positions_and_of_utc(tmp_path: Path) -> None:
    fills = statement_story(read(tmp_path, mt5(MADE)), CLOCK, {}).fills
    for trade in MADE.trades:
        of_it = fills.filter(position=trade.position).get_column("deal").to_list()
        assert sorted(of_it) == sorted([trade.deal, *(one.deal for one in trade.exits)])
    first = min(MADE.trades, key=lambda trade: trade.time)
    ts = fills.filter(deal=first.deal).get_column("ts")[0]
    assert ts == first.time * 1_000_000_000 - 2 * NS_PER_HOUR


def test_open_positions_keep_their_levels_and_sign(tmp_path: Path) -> None:
    statement = read(tmp_path, mt5(MADE))
    story = statement_story(statement, CLOCK, {})
    for row, told in zip(statement.open_positions, story.positions.iter_rows(named=True), strict=True):
        assert told["volume"] == row.side * units(row.volume)
        assert told["stop"] == (None if row.stop is None else units(row.stop))
        assert told["opened"] == CLOCK.instant(row.opened)


def test_reasons_are_those_that_comments_tell(tmp_path: Path) -> None:
    fills = statement_story(read(tmp_path, mt5(MADE)), CLOCK, {}).fills
    stopped = {row.deal for row in MADE.deals if row.comment == "[sl]"}
    assert set(fills.filter(reason="stop").get_column("deal")) == stopped


def test_an_hour_that_the_clock_shows_twice_is_told_by_the_sequence(tmp_path: Path) -> None:
    clock = ServerClock("Europe/Berlin")
    head = "# currency: EUR\ntime,deal,type,entry,symbol,volume,price,profit\n"
    rows = "".join(
        f"2024.10.27 {time},{number},buy,in,BTCUSD,1,100,0\n"
        for number, time in enumerate(("01:30:00", "02:30:00", "03:30:00"), start=1)
    )
    fills = statement_story(read(tmp_path, head + rows), clock, {}).fills.get_column("ts").to_list()
    assert fills == [clock.instant(wall(f"2024.10.27 {time}:30:00")) for time in ("01", "02", "03")]
    assert fills == sorted(fills)


def test_a_story_says_why_it_is_not_complete(tmp_path: Path) -> None:
    whole = read(tmp_path, mt5(MADE))
    wrong = statement_story(replace(whole, orders=whole.orders[1:]), CLOCK, {})
    old = statement_story(read(tmp_path, mt4(MADE)), CLOCK, {})
    endless = deals_csv(MADE).replace(f"# deals: {len(MADE.deals)}\n", "")
    table = statement_story(read(tmp_path, endless), CLOCK, {})
    assert "contradicts itself in 1 places: deals, row 2" in wrong.window.why
    assert old.window.why == "a statement of MetaTrader 4 lists orders, not deals"
    assert table.window.why == "number of deals: the file states none"


def test_a_file_that_begins_after_the_account_is_complete_from_its_first_deal(tmp_path: Path) -> None:
    text = deals_csv(MADE)
    first, second = [line for line in text.splitlines() if line[:2] == "20"][:2]
    later = text.replace(f"{first}\n", "").replace(
        f"deals: {len(MADE.deals)}", f"deals: {len(MADE.deals) - 1}"
    )
    window = statement_story(read(tmp_path, later), CLOCK, {}).window
    assert window.complete
    assert window.since == CLOCK.instant(wall(second[:19]))
