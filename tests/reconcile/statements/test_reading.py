"""Which kind of statement a file is, what is read of it, what is refused."""

import time
from decimal import Decimal
from pathlib import Path

import pytest

from ictcli.errors import DataError
from ictcli.reconcile.statements.reading import read_statement
from ictcli.reconcile.statements.record import Statement
from ictcli.reconcile.statements.values import wall
from ictcli.reconcile.worth import verify
from tests.reconcile.statements.book import book
from tests.reconcile.statements.writing import ENGLISH, deals_csv, foreign, mt4, mt5

D = Decimal
MADE = book(3)
REPORT = mt5(MADE)
NOTE = "<tr><td colspan=9></td><td>1</td><td colspan=3>b</td></tr>"
TESTER = "<html><head><title>Strategy Tester: A</title></head>"


def read(folder: Path, text: str | bytes, name: str = "ReportHistory-1.html") -> Statement:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_statement(path)


def refused(folder: Path, text: str | bytes, name: str = "file") -> str:
    with pytest.raises(DataError) as caught:
        read(folder, text, name)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_report_is_read_row_by_row(tmp_path: Path) -> None:
    statement = read(tmp_path, REPORT)
    closed = [trade for trade in MADE.trades if trade.closed]
    assert (statement.source, statement.account, statement.server) == ("mt5", "4711001", "Broker-Live")
    assert (statement.currency, statement.mode, statement.language) == ("EUR", "hedge", "en")
    assert [deal.deal for deal in statement.deals] == [row.deal for row in MADE.deals]
    assert [deal.balance for deal in statement.deals] == [row.balance for row in MADE.deals]
    assert len(statement.orders) == len(MADE.deals) - 1
    assert {row.position for row in statement.positions} == {trade.position for trade in closed}
    assert len(statement.open_positions) == len(MADE.trades) - len(closed)
    first = min(closed, key=lambda trade: trade.position)
    row = statement.positions[0]
    assert (row.symbol, row.side, row.volume, row.open_price, row.stop, row.target, row.comment) == (
        first.symbol, first.side, first.volume, first.price, first.stop, first.target, first.comment,
    )  # fmt: skip
    assert statement.stated["balance"] == MADE.balance
    assert statement.stated["trades"] == len(MADE.results)


def test_the_owner_is_not_kept(tmp_path: Path) -> None:
    for text in (REPORT, mt4(MADE)):
        assert "Jane" not in repr(read(tmp_path, text))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8", "utf-16-be"])
def test_the_encoding_does_not_matter(tmp_path: Path, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert read(tmp_path, mark + REPORT.encode(encoding)) == read(tmp_path, REPORT)


def test_a_language_that_is_not_known_is_read_by_its_shape(tmp_path: Path) -> None:
    statement = read(tmp_path, mt5(MADE, foreign()))
    known = read(tmp_path, REPORT)
    assert statement.language == ""
    assert (statement.deals, statement.positions, statement.stated) == (
        known.deals, known.positions, known.stated,
    )  # fmt: skip


def test_a_word_that_two_languages_share_does_not_make_a_report_english(tmp_path: Path) -> None:
    words = {**foreign(), "titles": ("Positionen", "Orders", "Deals", "Offene Positionen", "Ergebnisse", "")}
    assert read(tmp_path, mt5(MADE, words)).language == ""


def test_a_file_without_a_section_that_would_be_empty_is_whole(tmp_path: Path) -> None:
    statement = read(tmp_path, mt5(book(5, still=0)))
    assert statement.open_positions == ()


def test_working_orders_are_read(tmp_path: Path) -> None:
    words = str(ENGLISH["orders"]).replace("P|Time", "P|Market Price").split("|")
    cells = [
        "2024.03.05 10:00:00",
        "77",
        "EURUSD",
        "buy limit",
        "0.5 / 0",
        "1.05",
        "1.04",
        "",
        "1.08",
        "placed",
        "a",
    ]
    title = '<tr><th colspan="14"><b>Working Orders</b></th></tr>'
    rows = "".join(
        "<tr>" + "".join(f"<td>{text}</td>" for text in texts[:-1]) + f'<td colspan="3">{texts[-1]}</td></tr>'
        for texts in (words, cells)
    )
    at = REPORT.index('<tr align="right">\n<th colspan="14"><div style="font: 10pt Tahoma"><b>Open Positions')
    order = read(tmp_path, REPORT[:at] + title + rows + REPORT[at:]).working[0]
    assert (order.order, order.kind, order.volume, order.filled) == (77, "buy_limit", D("0.5"), D(0))
    assert (order.price, order.stop, order.target, order.done) == (D("1.05"), D("1.04"), None, 0)


def test_a_statement_of_metatrader_4_is_read(tmp_path: Path) -> None:
    statement = read(tmp_path, mt4(MADE))
    assert (statement.source, statement.account, statement.currency) == ("mt4", "4711001", "EUR")
    assert (statement.company, statement.mode) == ("Broker Ltd.", "mt4")
    assert len(statement.positions) == sum(len(trade.exits) for trade in MADE.trades)
    assert [row.comment for row in statement.open_positions] == ["4711 ours"] * 2
    assert [deal.profit for deal in statement.cash] == [MADE.deposit]


def test_an_order_that_was_cancelled_is_no_trade_of_metatrader_4(tmp_path: Path) -> None:
    row = (
        "<tr bgcolor=#E0E0E0 align=right><td>9</td><td>2024.03.04 09:00:00</td><td>buy limit</td>"
        "<td>0.10</td><td>eurusd</td><td>1.0</td><td>0.9</td><td>0.0</td>"
        "<td>2024.03.04 09:10:00</td><td>1.1</td>"
        "<td colspan=4>cancelled</td></tr>\n"
    )
    text = mt4(book(3, closed=0, still=0))
    at = text.index("<tr><td colspan=10>&nbsp;</td>")
    (order,) = read(tmp_path, text[:at] + row + text[at:]).orders
    assert (order.order, order.kind, order.state, order.filled) == (9, "buy_limit", "canceled", D(0))


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_deals_in_csv_are_read(tmp_path: Path, delimiter: str) -> None:
    statement = read(tmp_path, deals_csv(MADE, delimiter), "deals.csv")
    assert [deal.deal for deal in statement.deals] == [row.deal for row in MADE.deals]
    assert [deal.position for deal in statement.deals] == [row.position for row in MADE.deals]
    assert statement.stated == {"balance": MADE.balance, "deals": len(MADE.deals)}


def test_the_deals_of_the_documentation_are_read_and_add_up(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "statements.md").read_text(encoding="utf-8")
    block = page.partition("## Deals in CSV")[2].partition("Comma or semicolon")[0]
    worth = verify(read(tmp_path, "".join(f"{line[4:]}\n" for line in block.strip("\n").split("\n"))))
    assert (worth.mismatches, worth.unchecked, worth.net) == ((), (), D("11.40"))


@pytest.mark.parametrize(
    "stamp", ["2024.03.04 09:00:00", "2024-03-04 09:00:00", "1709542800", "1709542800000"]
)
def test_csv_takes_the_times_that_the_functions_of_the_terminal_give(tmp_path: Path, stamp: str) -> None:
    text = "# currency: USD\ntime,deal,type,entry,symbol,volume,price,profit\n"
    text += f"{stamp},5,buy,in,EURUSD,0.1,1.1,0\n"
    assert read(tmp_path, text).deals[0].time == wall("2024.03.04 09:00:00")


HEAD = "# currency: EUR\n"
COLUMNS = "time,deal,type,entry,symbol,volume,price,profit\n"
ROW = "2024.03.04 09:00:00,5,buy,in,EURUSD,0.1,1.1,0.00\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("hello", "no report of a terminal"),
        (COLUMNS + ROW, "no deals in CSV"),
        (HEAD + "# colour: red\n" + COLUMNS + ROW, "line 2: a fact is one of"),
        (HEAD + HEAD + COLUMNS + ROW, "line 2"),
        (HEAD + COLUMNS, "no deals"),
        (HEAD + COLUMNS.replace("profit", "gain") + ROW, "lacks profit"),
        (HEAD + COLUMNS.replace("\n", ",magic\n") + ROW, "unknown column 'magic'"),
        (HEAD + COLUMNS.replace("\n", ",time\n") + ROW, "'time' twice"),
        (HEAD + COLUMNS + ROW[:-3], "truncated: its last line does not end"),
        (HEAD + COLUMNS + ROW + ROW, "deal 5 stands twice, in rows 1 and 2"),
        (HEAD + COLUMNS + ROW.replace(",0.00", ",0.00,1"), "row 1: 9 columns"),
        (HEAD + COLUMNS + ROW.replace("1.1", '"1,1"'), "row 1: '1,1' is no number"),
        (HEAD + COLUMNS + ROW.replace("buy", "swim"), "row 1: 'swim' is no type"),
        (HEAD + COLUMNS + ROW.replace(",in,", ",up,"), "row 1: 'up' is no entry"),
        (HEAD + COLUMNS + ROW.replace("0.1,", "0,"), "row 1: '0' is not above 0"),
        (HEAD + "# deals: 3\n" + COLUMNS + ROW, "1 deals where the file says 3"),
        (HEAD + "# mode: both\n" + COLUMNS + ROW, "neither hedge nor netting"),
        (HEAD + "# balance: much\n" + COLUMNS + ROW, "balance: 'much' is no number"),
    ],
)
def test_csv_that_is_not_understood_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("<b>Volume</b>", "<b>Price</b>", "heading 5 is 'Price' where 'Volume' belongs"),
        ("<b>Positions</b>", "<b>Orders</b>", "'Orders' where 'Positions' belongs"),
        ("Equity:", "Balance:", "heading 7 is 'Balance:' where 'Equity:' belongs"),
        ("<td>buy</td>", "<td>bye</td>", "'bye' is neither buy nor sell"),
        ('colspan="2">filled', 'colspan="2">done', "'done' is no state of an order"),
        ("Hedge", "Hedged", "is not an account with currency and server"),
        ("<title>4711001", "<title>4711002", "name two accounts"),
        ("<th colspan=\"4\">Name:</th>", "", "does not begin with name, account, company and date"),
        ("Sharpe Ratio:", "", "is no part of a report"),
        ("</table>", "<table></table></table>", "a table within a table"),
        ("</table>", "more</table>", "text beside the cells: 'more'"),
        ("<b>Deals</b>", "<b>" + "x" * 5000 + "</b>", "longer than 4096"),
        ("</body>", "<div>" * 40 + "</body>", "nested deeper"),
        ('colspan="14"', 'colspan="900"', "spans '900' columns"),
        (">balance<", ">gift<", "'gift' is no type of a deal"),
        (">in<", ">up<", "'up' is no direction of a deal"),
        ("2024.03.04", "2024.13.04", "is no time"),
        ("2024.03.04", "0024.03.04", "no time at which anybody traded"),
        ("</html>", "", "truncated"),
        ('<td colspan="2">filled', '<td class="hidden">1</td><td colspan="2">filled', "cell 10 is hidden"),
    ],
)  # fmt: skip
def test_a_report_that_is_not_understood_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in REPORT
    assert says in refused(tmp_path, REPORT.replace(old, new, 1))


def test_a_row_that_is_refused_is_named(tmp_path: Path) -> None:
    deal = str(MADE.deals[4].deal)
    message = refused(tmp_path, REPORT.replace(f">{deal}<", ">12x4<", 1))
    line = REPORT[: REPORT.index(f">{deal}<")].count("\n") - 1
    assert message == f"file: table 'Deals', row 5 (line {line}): '12x4' is no ticket"


@pytest.mark.parametrize("place", range(3))
def test_a_row_that_is_missing_or_doubled_is_seen_by_the_colours(tmp_path: Path, place: int) -> None:
    rows = REPORT.split("</tr>\n")
    wanted = [at for at, row in enumerate(rows) if 'bgcolor="#F7F7F7"' in row][place]
    assert "a row is missing or one too many" in refused(
        tmp_path, "</tr>\n".join(rows[:wanted] + rows[wanted + 1 :])
    )
    double = "</tr>\n".join([*rows[: wanted + 1], *rows[wanted:]])
    assert "a row is missing or one too many" in refused(tmp_path, double)


def test_what_is_doubled_without_a_trace_of_colour_is_refused_by_its_number(tmp_path: Path) -> None:
    plain = REPORT.replace(' bgcolor="#F7F7F7"', "").replace(' bgcolor="#FFFFFF"', "")
    rows = plain.split("</tr>\n")
    at = next(place for place, row in enumerate(rows) if f">{MADE.deals[3].deal}<" in row)
    message = refused(tmp_path, "</tr>\n".join([*rows[: at + 1], *rows[at:]]))
    assert f"{MADE.deals[3].deal} stands twice, in rows 4 and 5" in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "<html><head><title>Strategy Tester: A</title></head><body></body></html>",
            "not the history of an account",
        ),
        (
            "<html><head><title>Strategy Tester: A</title></head><body><table>",
            "strategy tester, and truncated",
        ),
        (
            "<html><head><title>Statement: 1 - A</title></head><body></body></html>",
            "does not begin with account",
        ),
        ("<html><head><title>Weather</title></head><body></body></html>", "no report of a terminal"),
        ("<html></html", "truncated"),
    ],
)
def test_a_page_that_is_no_statement_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Open Trades:", "Open Traces:", "'Open Traces:' where 'Open Trades:' belongs"),
        ("<td>Taxes</td>", "<td>Tax</td>", "the headings are not a statement's"),
        ("Floating P/L:", "Floating:", "its totals are missing"),
        ("Free Margin:", "Margin:", "'Summary:' is not a statement's"),
        ("Account: 4711001", "Account: 47x", "is no account"),
        ("Statement: 4711001", "Statement: 4711002", "name two accounts"),
        (" March ", " Marsh ", "is no time of a statement"),
        ("<td>balance</td>", "<td>bonus</td>", "other columns"),
        ("ours</td></tr>", "ours</td></tr>" + NOTE, "a comment without"),
    ],
)  # fmt: skip
def test_a_statement_of_metatrader_4_that_is_not_understood_is_refused(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = mt4(MADE)
    assert old in text
    assert says in refused(tmp_path, text.replace(old, new, 1))


def test_bytes_that_no_terminal_writes_are_refused(tmp_path: Path) -> None:
    assert "NUL" in refused(tmp_path, REPORT.replace("Broker", "Bro\x00ker"))
    assert "NUL" in refused(tmp_path, REPORT.encode("utf-16-le"))
    assert "not utf-16-le, the file is damaged" in refused(tmp_path, REPORT.encode("utf-16")[:-1])
    assert "no report" in refused(tmp_path, bytes(range(1, 256)) * 40)
    assert "truncated" in refused(tmp_path, REPORT.encode()[:-9] + b"\xff")


def test_a_file_that_is_absent_or_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    path.write_text(REPORT)
    with pytest.raises(DataError, match=r"large.html: \d+ bytes, more than the 1000"):
        read_statement(path, most=1000)
    with pytest.raises(DataError, match=r"cannot read none.html"):
        read_statement(tmp_path / "none.html")


@pytest.mark.parametrize(
    "text",
    ["<" * 300_000, "<!--" * 100_000, "<a<" * 100_000, "<td>" * 100_000, "<a b=" * 60_000, "&#" * 150_000,
     "<![" * 100_000, "</" * 150_000, '<a b="' * 60_000, "<table><tr>" + "<td>" * 50_000,
     "<a " + "b " * 150_000,
     "<title>" + "x" * 300_000, "<script>" + "</scrip" * 40_000, "<!a" * 900 + "<" * 100_000],
)  # fmt: skip
def test_what_is_made_to_choke_a_reader_is_refused_at_once(tmp_path: Path, text: str) -> None:
    for content in (text, f"<html><head></head><body>{text}</body></html>"):
        started = time.process_time()
        refused(tmp_path, content)
        assert time.process_time() - started < 3
