"""Statement files as terminals write them, of a made-up account."""

from decimal import Decimal

from tests.reconcile.statements.book import START, Book, DealRow, Trade, clock, money, statistics

D = Decimal
Words = dict[str, str | tuple[str, ...]]
ENGLISH: Words = {
    "report": "Trade History Report", "head": ("Name:", "Account:", "Company:", "Date:"),
    "titles": ("Positions", "Orders", "Deals", "Open Positions", "Results", "Working Orders"),
    "positions": "Time|Position|Symbol|Type|Volume|Price|S / L|T / P|Time|Price|Commission|Swap|Profit",
    "orders": "Open Time|Order|Symbol|Type|Volume|Price|S / L|T / P|Time|State|Comment",
    "deals": (
        "Time|Deal|Symbol|Type|Direction|Volume|Price|Order|Cost|"
        "Commission|Fee|Swap|Profit|Balance|Comment"
    ),
    "open": "Time|Position|Symbol|Type|Volume|Price|S / L|T / P|Market Price|Swap|Profit|Comment",
    "labels": (
        "Balance:|Free Margin:|Credit Facility:|Margin:|Floating P/L:|Margin Level:|Equity:|"
        "Total Net Profit:|Gross Profit:|Gross Loss:|Profit Factor:|Expected Payoff:|"
        "Recovery Factor:|Sharpe Ratio:|"
        "Balance Drawdown:|Balance Drawdown Absolute:|Balance Drawdown Maximal:|Balance Drawdown Relative:|"
        "Total Trades:|Short Trades (won %):|Long Trades (won %):|Profit Trades (% of total):|"
        "Loss Trades (% of total):|Largest profit trade:|Largest loss trade:|Average profit trade:|"
        "Average loss trade:|Maximum consecutive wins ($):|Maximum consecutive losses ($):|"
        "Maximal consecutive profit (count):|Maximal consecutive loss (count):|Average consecutive wins:|"
        "Average consecutive losses:"
    ),
}  # fmt: skip


def foreign() -> Words:
    """Headings in a language that nobody speaks."""

    def turned(text: str) -> str:
        return (
            text
            if text in {"S / L", "T / P"}
            else text[::-1].swapcase().lstrip(":") + ":" * text.endswith(":")
        )

    def all_of(words: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(words, tuple):
            return tuple(turned(word) for word in words)
        return "|".join(turned(word) for word in words.split("|"))

    return {name: all_of(words) for name, words in ENGLISH.items()}


def _level(price: Decimal | None) -> str:
    return "" if price is None else f"{price:f}"


class Html:
    """Lines of a page, one cell a line as the terminal has them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def row(self, cells: list[tuple[str, str, str]], shade: str = "", tag: str = "") -> None:
        self.lines.append(f'<tr{f" bgcolor={chr(34)}{shade}{chr(34)}" if shade else ""} align="right">')
        self.lines += [f"<{name}{given}>{text}</{name}>" for name, given, text in cells]
        self.lines.append("</tr>" + tag)

    def title(self, text: str, span: int = 14) -> None:
        self.row([("th", f' colspan="{span}"', f'<div style="font: 10pt Tahoma"><b>{text}</b></div>')])

    def header(self, words: str, spans: dict[int, int], hidden: int = -1) -> None:
        cells = []
        for place, word in enumerate(words.split("|")):
            given = ' class="hidden"' if place == hidden else ""
            given += f' colspan="{spans[place]}"' if place in spans else ""
            cells.append(("td", f" nowrap{given}", f"<b>{word}</b>"))
        self.row(cells, "#E5F0FC")

    def data(
        self, number: int, texts: list[str], spans: dict[int, int], hidden: int = -1, note: str = ""
    ) -> None:
        cells = []
        for place, text in enumerate(texts):
            if place == hidden and note != "-":
                cells.append(("td", ' class="hidden" colspan="8"', note))
            given = f' colspan="{spans[place]}"' if place in spans else ""
            cells.append(("td", given, text))
        self.row(cells, "#F7F7F7" if number % 2 else "#FFFFFF")


def mt5(made: Book, words: Words | None = None, mode: str = "Hedge") -> str:
    """A trade history report."""
    said = words or dict(ENGLISH)
    page = Html()
    _head(page, said, made, mode)
    titles, dates = said["titles"], [trade for trade in made.trades if trade.closed]
    page.title(titles[0])
    page.header(str(said["positions"]), {12: 2})
    for number, trade in enumerate(sorted(dates, key=lambda one: one.position)):
        page.data(number, _position(trade), {12: 2}, 4, trade.comment)
    page.row([("td", ' style="height: 10px"', "")])
    _orders(page, said, made)
    _deals(page, said, made)
    _open(page, said, made)
    _summary(page, said, made)
    lines = "\n".join(page.lines)
    title = f"4711001: Jane Roe - {said['report']}"
    return (
        f"<!DOCTYPE html>\n<html>\n<head>\n<title>{title}</title>\n"
        '<meta name="generator" content="client terminal">\n'
        f"<style>\n<!--\n.hidden {{ display: none; }}\n//-->\n</style>\n</head>\n<body>\n"
        f'<div align="center">\n<table cellspacing="1">\n{lines}\n</table>\n</div>\n</body>\n</html>\n'
    )


def _head(page: Html, said: Words, made: Book, mode: str) -> None:
    page.row([("td", ' colspan="14"', f"<div><b>{said['report']}</b><br></div>")])
    account = f"4711001&nbsp;(EUR,&nbsp;Broker-Live,&nbsp;real,&nbsp;{mode})"
    values = ("Jane Roe", account, "Broker Ltd.", clock(made.last)[:16])
    for word, value in zip(said["head"], values, strict=True):
        page.row([("th", ' colspan="4"', word), ("th", ' colspan="10"', f"<b>{value}</b>")])
    page.row([("td", ' style="width: 60px;"', "")] * 14)


def _position(trade: Trade) -> list[str]:
    outs = trade.exits
    price = sum((one.price * one.volume for one in outs), D(0)) / trade.volume
    if len(outs) > 1:
        price = price.quantize(outs[0].price)
    return [
        clock(trade.time), str(trade.position), trade.symbol, trade.kind(), f"{trade.volume}",
        f"{trade.price}",
        _level(trade.stop), _level(trade.target), clock(max(one.time for one in outs)), f"{price}",
        money(trade.commission + sum((one.commission for one in outs), D(0))),
        money(sum((one.swap for one in outs), D(0))), money(sum((one.profit for one in outs), D(0))),
    ]  # fmt: skip


def _orders(page: Html, said: Words, made: Book) -> None:
    page.title(said["titles"][1])
    page.header(str(said["orders"]), {9: 2, 10: 3})
    for number, row in enumerate(row for row in made.deals if row.order):
        texts = [
            clock(row.time), str(row.order), row.symbol, row.kind, f"{row.volume} / {row.volume}",
            f"{row.price}",
            "", "", clock(row.time), "filled", row.comment,
        ]  # fmt: skip
        page.data(number, texts, {9: 2, 10: 3})
    page.row([("td", ' style="height: 10px"', "")])


def _deals(page: Html, said: Words, made: Book) -> None:
    page.title(said["titles"][2])
    page.header(str(said["deals"]), {}, hidden=8)
    for number, row in enumerate(made.deals):
        cells = [
            ("td", ' class="hidden"' if place == 8 else "", text) for place, text in enumerate(_deal(row))
        ]
        page.row(cells, "#F7F7F7" if number % 2 else "#FFFFFF")
    sums = [
        sum((getattr(row, name) for row in made.deals), D(0)) for name in ("commission", "swap", "profit")
    ]
    texts = [money(sums[0]), "0.00", money(sums[1]), money(sums[2]), money(made.balance), ""]
    page.row([("td", ' nowrap colspan="8"', ""), *(("td", "", f"<b>{text}</b>") for text in texts)])


def _deal(row: DealRow) -> list[str]:
    return [
        clock(row.time), str(row.deal), row.symbol, row.kind, row.entry, f"{row.volume or ''}",
        f"{row.price or ''}",
        f"{row.order or ''}", "", money(row.commission), "0.00", money(row.swap), money(row.profit),
        money(row.balance), row.comment,
    ]  # fmt: skip


def _left(trade: Trade) -> Decimal:
    return trade.volume - sum((one.volume for one in trade.exits), D(0))


def _floating(made: Book) -> list[Decimal]:
    return [D(number * 7 - 5) / 10 for number, trade in enumerate(made.trades) if not trade.closed]


def _open(page: Html, said: Words, made: Book) -> None:
    still = [trade for trade in made.trades if not trade.closed]
    if not still:
        return
    page.title(said["titles"][3])
    page.header(str(said["open"]), {11: 3})
    for number, (trade, profit) in enumerate(zip(still, _floating(made), strict=True)):
        texts = [
            clock(trade.time), str(trade.position), trade.symbol, trade.kind(), f"{_left(trade)}",
            f"{trade.price}",
            _level(trade.stop), _level(trade.target), f"{trade.price}", "-0.01", money(profit), trade.comment,
        ]  # fmt: skip
        page.data(number, texts, {11: 3})
    texts = [money(D("-0.01") * len(still)), money(sum(_floating(made), D(0))), ""]
    page.row([("td", ' nowrap colspan="9"', ""), *(("td", "", f"<b>{text}</b>") for text in texts)])


def _summary(page: Html, said: Words, made: Book) -> None:
    floating = sum(_floating(made), D(0))
    equity = made.balance + floating - D("0.01") * len(_floating(made))
    margin = D("123.45")
    account = [
        money(made.balance), money(equity - margin), "0.00", money(margin), money(floating),
        f"{money(100 * equity / margin)}%", money(equity),
    ]  # fmt: skip
    labels = str(said["labels"]).split("|")
    pairs = list(zip(labels, [*account, *statistics(made)], strict=True))
    page.row([("td", ' colspan="13"', "")])
    for at in (0, 2, 4):
        (left, one), (right, two) = pairs[at : at + 2]
        page.row(
            [("td", ' colspan="3"', left), ("td", ' colspan="2"', one), ("td", "", ""),
             ("td", ' colspan="3"', right), ("td", ' colspan="2"', two)]
        )  # fmt: skip
    page.row([("td", ' colspan="3"', pairs[6][0]), ("td", ' colspan="2"', pairs[6][1])])
    page.row([("td", ' colspan="13"', f"<b>{said['titles'][4]}</b>")])
    at = 7
    for count, lead in (
        (3, 0),
        (2, 0),
        (2, 0),
        (1, 0),
        (3, 0),
        (3, 0),
        (2, 4),
        (2, 4),
        (2, 4),
        (2, 4),
        (2, 4),
        (2, 4),
    ):
        cells = [("td", ' colspan="4"', "")] if lead else []
        for place, (label, value) in enumerate(pairs[at : at + count], start=1):
            cells.append(("td", ' nowrap colspan="3"', label))
            if label != labels[14]:
                cells.append(("td", ' colspan="2"' if place == 3 else "", f"<b>{value}</b>"))
        page.row(cells)
        at += count
    page.row([("td", ' nowrap style="height: 10px"', "")])


def mt4(made: Book) -> str:
    """A detailed statement; every exit is a closed order."""
    closed, total = _mt4_closed(made)
    opened, floating = _mt4_open(made)
    wrote = clock(made.last)
    written = f"{wrote[:4]} March {int(wrote[8:10])}, {wrote[11:16]}"
    balance = made.deposit + total
    head = "".join(
        f"<td colspan={span}><b>{text}</b></td>"
        for span, text in (
            (2, "Account: 4711001"), (5, "Name: Jane Roe"), (2, "Currency: EUR"), (2,
            "Leverage: 1:100"), (3, written)
        )
    )  # fmt: skip
    columns = "Ticket|Open Time|Type|Size|Item|Price|S / L|T / P"
    titles = {name: f"<tr align=left><td colspan=14><b>{name}:</b></td></tr>" for name in
              ("Closed Transactions", "Open Trades", "Working Orders", "Summary")}  # fmt: skip
    summary = [
        ("Deposit/Withdrawal:", made.deposit), ("Credit Facility:", D(0)), ("Closed Trade P/L:", total),
        ("Floating P/L:", floating), ("Margin:", D("10.00")), ("Balance:", balance), ("Equity:",
        balance + floating),
        ("Free Margin:", balance + floating - 10),
    ]  # fmt: skip
    cells = [f"<td colspan=2>{label}</td><td colspan=2>{money(value)}</td>" for label, value in summary]
    return "\n".join(
        [
            "<html><head><title>Statement: 4711001 - Jane Roe</title></head>",
            "<body><div><b>Broker Ltd.</b></div>",
            f"<table><tr align=left>{head}</tr>",
            titles["Closed Transactions"],
            _mt4_header(columns + "|Close Time|Price|Commission|Taxes|Swap|Profit"),
            *closed,
            titles["Open Trades"], _mt4_header(columns + "||Price|Commission|Taxes|Swap|Profit"),
            *opened,
            titles["Working Orders"],
            _mt4_header(columns + "|Market Price|").replace("<td>Market", "<td colspan=2>Market"),
            "<tr><td colspan=13>No transactions</td></tr>",
            titles["Summary"], f"<tr>{''.join(cells[:2])}</tr><tr>{''.join(cells[2:5])}</tr>",
            f"<tr>{''.join(cells[5:])}</tr></table></body></html>\n",
        ]
    )  # fmt: skip


def _mt4_header(words: str) -> str:
    return f'<tr bgcolor="#C0C0C0">{"".join(f"<td>{word}</td>" for word in words.split("|"))}</tr>'


def _mt4_row(number: int, texts: list[str]) -> str:
    shade = " bgcolor=#E0E0E0" if number % 2 else ""
    return f"<tr{shade} align=right>{''.join(f'<td>{text}</td>' for text in texts)}</tr>"


def _mt4_sums(label: str, sums: list[Decimal]) -> list[str]:
    cells = "".join(f"<td>{money(one)}</td>" for one in sums)
    whole = f"<td colspan=10></td><td colspan=2>{label}</td><td colspan=2>{money(sum(sums, D(0)))}</td>"
    return [f"<tr><td colspan=10>&nbsp;</td>{cells}</tr>", f"<tr>{whole}</tr>"]


def _mt4_closed(made: Book) -> tuple[list[str], Decimal]:
    cash = f"<td>1</td><td>{clock(START - 9000)}</td><td>balance</td>"
    rows = [f"<tr align=right>{cash}<td colspan=10>Deposit</td><td>{money(made.deposit)}</td></tr>"]
    outs = sorted(
        ((one, trade) for trade in made.trades for one in trade.exits), key=lambda pair: pair[0].order
    )
    sums = [D(0), D(0), D(0), D(0)]
    for number, (one, trade) in enumerate(outs, start=1):
        amounts = [trade.commission + one.commission, D(0), one.swap, one.profit]
        sums = [total + amount for total, amount in zip(sums, amounts, strict=True)]
        rows.append(
            _mt4_row(
                number,
                [str(one.order), clock(trade.time), trade.kind(), f"{one.volume}", trade.symbol.lower(),
                 f"{trade.price}", "0.00000", "0.00000", clock(one.time), f"{one.price}",
                 *map(money, amounts)],
            )
        )  # fmt: skip
    return rows + _mt4_sums("Closed P/L:", sums), sum(sums, D(0))


def _mt4_open(made: Book) -> tuple[list[str], Decimal]:
    still = [trade for trade in made.trades if not trade.closed]
    if not still:
        return ["<tr><td colspan=13>No transactions</td></tr>", *_mt4_sums("Floating P/L:", [D(0)] * 4)], D(0)
    rows, profits = [], _floating(made)
    for number, (trade, profit) in enumerate(zip(still, profits, strict=True)):
        texts = [
            str(trade.position), clock(trade.time), trade.kind(), f"{_left(trade)}", trade.symbol.lower(),
            f"{trade.price}", "0.00000", "0.00000", "", f"{trade.price}", "0.00", "0.00", "0.00",
            money(profit),
        ]  # fmt: skip
        shade = " bgcolor=#E0E0E0" if number % 2 else ""
        rows += [
            _mt4_row(number, texts),
            f"<tr{shade} align=right><td colspan=9></td><td>4711</td><td colspan=3>ours</td></tr>",
        ]
    return rows + _mt4_sums("Floating P/L:", [D(0), D(0), D(0), sum(profits, D(0))]), sum(profits, D(0))


def deals_csv(made: Book, delimiter: str = ",") -> str:
    """Deals with all columns and facts."""
    names = (
        "time|deal|order|position|symbol|type|entry|volume|price|commission|swap|fee|profit|balance|comment"
    )
    lines = [
        "# account: 4711001", "# server: Broker-Live", "# currency: EUR", f"# deals: {len(made.deals)}",
        f"# balance: {made.balance}", names.replace("|", delimiter),
    ]  # fmt: skip
    for row in made.deals:
        fields = [
            clock(row.time), row.deal, row.order or 0, row.position, row.symbol, row.kind, row.entry,
            row.volume or 0, row.price or 0, row.commission, row.swap, 0, f"{row.profit:.2f}",
            f"{row.balance:.2f}", row.comment,
        ]  # fmt: skip
        lines.append(delimiter.join(str(one) for one in fields))
    return "\n".join(lines) + "\n"
