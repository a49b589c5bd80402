"""Money that moved without an order, and whether balance and equity add up."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ictcli.reconcile.case import Case, Difference, Effect, Rule
from ictcli.reconcile.exact import text, total
from ictcli.reconcile.findings import Kind, finding
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.rules.cash_pairs import CashPair, cash_pairs
from ictcli.reconcile.rules.explaining import money_allowance, money_gains
from ictcli.reconcile.rules.money_rows import rows_gain, within_tolerance
from ictcli.reconcile.rules.position_volumes import held_by_both


def cash_movements(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """UNEXPLAINED_CASH: on one side only, or of another amount; without what an operator takes."""
    del found
    return (_cash(case, pair) for pair in cash_pairs(case))


def _cash(case: Case, pair: CashPair) -> Difference:
    ours, theirs = pair.ours, pair.theirs
    some = theirs or ours or {}
    key = f"deal:{some['deal']}" if some["deal"] else f"cash:{some['key']}"
    gained = (theirs["amount"] if theirs else 0) - (ours["amount"] if ours else 0)
    return Difference(
        finding(
            Kind.UNEXPLAINED_CASH, key, (_told(ours), _told(theirs)),
            ours=text(ours["amount"]) if ours else None, theirs=text(theirs["amount"]) if theirs else None,
            tolerance=_units(case, case.tolerances.money_units), ts=some["ts"],
            note=" ".join(part for part in (some["kind"], some["comment"]) if part),
        ),
        Effect(money=gained, amounts=1),
    )  # fmt: skip


def balances(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """BALANCE_DIFF: what the findings before do not make good of the difference between both balances.

    What deals and movements that differ by less than their tolerances add up to is nobody's fault. Balances
    that agree do so by accident, where the findings say that they cannot.
    """
    ours, theirs = case.local.facts.balance, case.broker.facts.balance
    one = case.tolerances.money_units * case.minor_unit
    if ours is None or theirs is None or not case.whole:
        return
    gains, difference = money_gains(found), theirs - ours
    alike, left = abs(difference) <= one, gains.rest(difference)
    if alike and not gains.causes:
        return
    allowed = max(Decimal(one), money_allowance(found, case.tolerances.aggregate_units, case.minor_unit))
    by_rows = min(abs(difference - gained) for gained in rows_gain(case)) <= one
    explained = by_rows or abs(left) <= allowed
    if (alike and explained) or (not gains.causes and by_rows and within_tolerance(case)):
        return
    yield Difference(
        finding(
            Kind.BALANCE_DIFF, "account", ({"balance": ours}, {"balance": theirs}), field="balance",
            ours=text(ours), theirs=text(theirs), tolerance=_units(case, case.tolerances.money_units),
            caused_by=gains.causes if explained else (),
            note="" if explained or not gains.causes else f"{text(left)} of it is not explained",
        )
    )  # fmt: skip


def equities(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """BALANCE_DIFF of the equity: the broker's own is its balance with the results of its open positions.

    It follows from a finding about the balance, or about swaps, where it adds up with the ledger's instead; a
    balance that is explained is right.
    """
    facts, held = case.broker.facts, case.broker.positions
    told = held.get_column("profit").null_count() == 0
    if facts.equity is None or facts.balance is None or not (case.whole and told):
        return
    expected = facts.balance + sum(held.select(total(name)).item() or 0 for name in ("profit", "swap"))
    if abs(facts.equity - expected) <= case.tolerances.money_units * case.minor_unit:
        return
    yield Difference(
        finding(
            Kind.BALANCE_DIFF, "account", ({"expected": expected}, {"equity": facts.equity}),
            field="equity", ours=text(expected), theirs=text(facts.equity),
            tolerance=_units(case, case.tolerances.money_units),
            caused_by=_equity_causes(case, found, facts.equity - expected),
            note="the broker's balance, with profit and swap of its open positions",
        )
    )  # fmt: skip


def _equity_causes(case: Case, found: Sequence[Difference], left: int) -> tuple[str, ...]:
    """Findings that explain what is left of the equity: with the ledger's value in place of the broker's."""
    ours, theirs = case.local.facts.balance or 0, case.broker.facts.balance or 0
    wrong = [one.finding for one in found if one.finding.kind is Kind.BALANCE_DIFF and one.finding.root]
    balance = tuple(one.name for one in wrong)
    swap = tuple(
        one.finding.name
        for one in found
        if one.finding.kind is Kind.SWAP_DIFF and not (one.effect.money or one.effect.amounts)
    )
    unexplained = money_gains(found).rests(theirs - ours)
    swaps = int(held_by_both(case).select(total("swap" + THEIRS) - total("swap")).item() or 0)
    parts = [(balance, part) for part in (theirs - ours, *unexplained)] + [(swap, swaps)]
    if balance and swap:
        parts += [((*balance, *swap), part + swaps) for part in unexplained]
    most = case.tolerances.money_units * case.minor_unit
    return next((causes for causes, part in parts if causes and abs(left + part) <= most), ())


def _units(case: Case, count: int) -> str:
    return f"{text(count * case.minor_unit)} {case.local.facts.currency}"


def _told(row: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: row[name] for name in ("key", "deal", "kind", "amount", "ts")} if row else {}


MONEY_RULES: tuple[Rule, ...] = (cash_movements, balances, equities)
