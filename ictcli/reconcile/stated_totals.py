"""Each total and statistic of a statement, computed again from its rows."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import groupby

from ictcli.reconcile.mismatch import Doubts
from ictcli.reconcile.statements.record import ZERO, ClosedPosition, OpenPosition, StatedDeal, Statement

HUNDRED = Decimal(100)


def check_totals(statement: Statement, doubts: Doubts) -> None:
    """Compare sums of columns, the account's summary and the results.

    Args:
        statement: of any source.
        doubts: takes what is found.
    """
    if statement.source == "mt4":
        _mt4(statement, doubts)
    elif statement.source == "csv":
        _csv(statement, doubts)
    else:
        _mt5(statement, doubts)


def _columns(
    prefix: str, rows: Iterable[object], names: tuple[str, ...], stated: Mapping[str, Decimal], doubts: Doubts
) -> None:
    held = tuple(rows)
    for name in names:
        total = sum((getattr(row, name) for row in held), ZERO)
        doubts.compare(f"totals of {prefix}", name, stated.get(f"{prefix}.{name}", ZERO), total)


def _account(stated: Mapping[str, Decimal], swap: Decimal, doubts: Doubts) -> None:
    equity = stated["balance"] + stated["credit"] + stated["floating"] + swap
    doubts.compare("summary", "equity", stated["equity"], equity)
    doubts.compare("summary", "free margin", stated["free_margin"], stated["equity"] - stated["margin"])
    if stated["margin"] and "margin_level" in stated:
        doubts.near(
            "summary, margin level", stated["margin_level"], HUNDRED * stated["equity"] / stated["margin"]
        )


def _mt4(statement: Statement, doubts: Doubts) -> None:
    stated = statement.stated
    money = ("commission", "taxes", "swap", "profit")
    tables: dict[str, tuple[ClosedPosition | OpenPosition, ...]] = {
        "closed": statement.positions,
        "open": statement.open_positions,
    }
    for prefix, rows in tables.items():
        _columns(prefix, rows, money, stated, doubts)
        total = sum((stated[f"{prefix}.{name}"] for name in money), ZERO)
        doubts.compare(f"totals of {prefix}", "sum", stated[f"{prefix}.total"], total)
    doubts.compare("summary", "closed profit", stated["closed_profit"], stated["closed.total"])
    doubts.compare("summary", "floating", stated["floating"], stated["open.total"])
    deposits = sum((deal.profit for deal in statement.cash if deal.kind == "balance"), ZERO)
    doubts.compare("summary", "deposits", stated["deposits"], deposits)
    _account(stated, ZERO, doubts)


def _csv(statement: Statement, doubts: Doubts) -> None:
    last = statement.deals[-1].balance
    told = statement.stated.get("balance")
    if told is None:
        doubts.unchecked.append("closing balance: the file states none")
    elif last is not None:
        doubts.compare("the file", "balance", told, last)
    if "deals" not in statement.stated:
        doubts.unchecked.append("number of deals: the file states none")


def _mt5(statement: Statement, doubts: Doubts) -> None:
    stated, deals = statement.stated, statement.deals
    _columns("deals", deals, ("commission", "fee", "swap"), stated, doubts)
    if any(deal.kind == "credit" for deal in deals):
        doubts.unchecked.append("totals of deals: profit, with credits that may be in it or not")
    else:
        _columns("deals", deals, ("profit",), stated, doubts)
    _columns("open", statement.open_positions, ("swap", "profit"), stated, doubts)
    if deals:
        doubts.compare("totals of deals", "balance", stated["deals.balance"], deals[-1].balance)
    doubts.compare("summary", "balance", stated["balance"], stated["deals.balance"])
    doubts.compare("summary", "floating", stated["floating"], stated.get("open.profit", ZERO))
    _account(stated, stated.get("open.swap", ZERO), doubts)
    doubts.compare(
        "results", "net profit", stated["net_profit"], stated["gross_profit"] + stated["gross_loss"]
    )
    _results(statement, doubts)


def _results(statement: Statement, doubts: Doubts) -> None:
    trades = [deal for deal in statement.deals if deal.trades]
    exits = [deal for deal in trades if deal.entry != "in"]
    costs = [deal for deal in statement.cash if deal.kind not in {"balance", "credit"}]
    _net(statement, trades, costs, doubts)
    _ratios(statement.stated, doubts)
    if costs or any(deal.amount for deal in trades if deal.entry == "in"):
        doubts.unchecked.append(
            "results: costs apart from closing deals are shared out in a way nobody documents"
        )
        return
    if len(exits) != len(statement.positions):
        doubts.unchecked.append(
            "results: positions were closed in parts, counts are of neither deals nor positions"
        )
        return
    _gross(statement.stated, [deal.amount for deal in exits], doubts)
    _sides(statement.stated, exits, doubts)
    _runs(statement.stated, [deal.amount for deal in exits], doubts)
    if doubts.whole and len(statement.cash) == 1 and statement.deals[0] is statement.cash[0]:
        _drawdown(statement, doubts)
    else:
        doubts.unchecked.append("results: drawdown, money came or went in between")


def _net(statement: Statement, trades: list[StatedDeal], costs: list[StatedDeal], doubts: Doubts) -> None:
    """What trading earned; costs that are charged apart may be in it."""
    told, net = statement.stated["net_profit"], sum((deal.amount for deal in trades), ZERO)
    if told != net + sum((deal.amount for deal in costs), ZERO):
        doubts.compare("results", "net profit", told, net)


def _won(amount: Decimal) -> bool:
    """A result of nothing counts as won."""
    return amount >= 0


def _gross(stated: Mapping[str, Decimal], amounts: list[Decimal], doubts: Doubts) -> None:
    for word, counted, picked in (
        ("win", "won_trades", [each for each in amounts if _won(each)]),
        ("loss", "lost_trades", [each for each in amounts if not _won(each)]),
    ):
        gross = "gross_profit" if word == "win" else "gross_loss"
        doubts.compare("results", gross, stated[gross], sum(picked, ZERO))
        doubts.compare("results", counted, stated[counted], Decimal(len(picked)))
        if picked:
            doubts.compare("results", f"largest_{word}", stated[f"largest_{word}"], max(picked, key=abs))
            doubts.near(
                f"results, average_{word}", stated[f"average_{word}"], sum(picked, ZERO) / len(picked)
            )


def _sides(stated: Mapping[str, Decimal], exits: list[StatedDeal], doubts: Doubts) -> None:
    doubts.compare("results", "trades", stated["trades"], Decimal(len(exits)))
    for name, side in (("long_trades", -1), ("short_trades", 1)):
        closed = [deal for deal in exits if deal.side == side]
        doubts.compare("results", name, stated[name], Decimal(len(closed)))
        _share(stated, name, sum(_won(deal.amount) for deal in closed), len(closed), doubts)


def _share(stated: Mapping[str, Decimal], name: str, part: int, whole: int, doubts: Doubts) -> None:
    doubts.near(f"results, {name} %", stated[f"{name}.share"], HUNDRED * part / whole if whole else ZERO)


def _runs(stated: Mapping[str, Decimal], amounts: list[Decimal], doubts: Doubts) -> None:
    runs = [(won, tuple(run)) for won, run in groupby(amounts, key=_won)]
    for won, count_name, money_name, average in (
        (True, "most_wins", "maximal_win", "average_wins"),
        (False, "most_losses", "maximal_loss", "average_losses"),
    ):
        pairs = [(len(run), sum(run, ZERO)) for kind, run in runs if kind is won]
        if not pairs:
            continue
        longest, largest = max(count for count, _ in pairs), max(abs(money) for _, money in pairs)
        told = (int(stated[count_name]), stated[f"{count_name}.other"])
        if told not in pairs or told[0] != longest:
            doubts.compare("results", count_name, told, max(pairs))
        told = (int(stated[f"{money_name}.other"]), stated[money_name])
        if told not in pairs or abs(told[1]) != largest:
            doubts.compare("results", money_name, told, max(pairs, key=lambda pair: abs(pair[1])))
        mean = Decimal(sum(count for count, _ in pairs)) / len(pairs)
        doubts.near(f"results, {average}", stated[average], mean, decimals=0)


def _ratios(stated: Mapping[str, Decimal], doubts: Doubts) -> None:
    """Sums and ratios of other results, which hold whatever is counted as a trade."""
    for one, two in (("won_trades", "lost_trades"), ("short_trades", "long_trades")):
        doubts.compare("results", "trades", stated["trades"], stated[one] + stated[two])
    for name in ("won_trades", "lost_trades"):
        _share(stated, name, int(stated[name]), int(stated["trades"]), doubts)
    if stated["gross_loss"]:
        doubts.near(
            "results, profit_factor", stated["profit_factor"], -stated["gross_profit"] / stated["gross_loss"]
        )
    if stated["trades"]:
        doubts.near(
            "results, expected_payoff", stated["expected_payoff"], stated["net_profit"] / stated["trades"]
        )
    if stated["drawdown_maximal"]:
        doubts.near(
            "results, recovery_factor",
            stated["recovery_factor"],
            stated["net_profit"] / stated["drawdown_maximal"],
        )


def _drawdown(statement: Statement, doubts: Doubts) -> None:
    """How far the balance of the deals fell from its highest, and below the deposit."""
    stated = statement.stated
    balances = [deal.balance for deal in statement.deals if deal.balance is not None]
    peak, deepest, share = balances[0], ZERO, ZERO
    falls = []
    for balance in balances:
        peak = max(peak, balance)
        fall = peak - balance
        part = HUNDRED * fall / peak if peak > 0 else ZERO
        falls.append((fall, part))
        deepest, share = max(deepest, fall), max(share, part)
    doubts.compare(
        "results", "drawdown_absolute", stated["drawdown_absolute"], max(ZERO, balances[0] - min(balances))
    )
    doubts.compare("results", "drawdown_maximal", stated["drawdown_maximal"], deepest)
    doubts.near("results, drawdown_maximal %", stated["drawdown_maximal.share"], _other(falls, 0))
    doubts.compare("results", "drawdown_relative", stated["drawdown_relative"], _other(falls, 1))
    doubts.near("results, drawdown_relative %", stated["drawdown_relative.share"], share)


def _other(falls: list[tuple[Decimal, Decimal]], place: int) -> Decimal:
    """The other of the two numbers of the deepest fall by one of them."""
    return max(falls, key=lambda fall: fall[place])[1 - place]
