"""Faults of money without deals, of contracts, and of the records themselves."""

from dataclasses import replace
from random import Random

from ictcli.reconcile.findings import Kind
from tests.reconcile.bench.faults_of_orders import strange_deal
from tests.reconcile.bench.planted import Form, Planted
from tests.reconcile.bench.records import HOUR, NS, Cash, Pair, Side


def balance(pair: Pair, rng: Random) -> list[Planted]:
    """The broker's balance is not what its movements make."""
    if not pair.broker.balance_told:
        return []
    pair.broker.balance_off = pair.unit * rng.choice([300, -1_000, 123_456])
    return [Planted(Kind.BALANCE_DIFF, "account", "balance")]


def hidden(pair: Pair, rng: Random) -> list[Planted]:
    """The broker's balance is off by just the money of a deal that the ledger lacks: the balances agree."""
    if not pair.broker.balance_told:
        return []
    strange = strange_deal(pair, rng)
    if strange:
        made = pair.broker.deals[-1]
        made.commission = -pair.unit * rng.randint(30, 9_000)
        pair.broker.balance_off = -made.commission
        return [*strange, Planted(Kind.BALANCE_DIFF, "account", "balance")]
    return []


def equity(pair: Pair, rng: Random) -> list[Planted]:
    """The broker's equity is not its balance with what its open positions are worth."""
    if not (pair.broker.equity_told and pair.broker.balance_told) or any(
        map(later, (pair.local, pair.broker))
    ):
        return []
    pair.broker.equity_off = pair.unit * rng.choice([300, -1_000, 123_456])
    return [Planted(Kind.BALANCE_DIFF, "account", "equity")]


def later(side: Side) -> bool:
    """Whether something happened behind the watermark."""
    instants = [one.touched for one in side.orders] + [one.touched for one in side.held.values()]
    instants += [one.ts for one in side.deals] + [one.ts for one in side.cash]
    return max(instants, default=0) > side.until


def cash_there(pair: Pair, rng: Random) -> list[Planted]:
    """Money moved at the broker and the ledger does not know."""
    ticket = pair.ticket()
    amount = pair.unit * rng.choice([2, -2, 5_000, -100_000])
    pair.broker.cash.append(Cash("", ticket, "correction", amount, pair.instant(rng), comment="adjustment"))
    return [Planted(Kind.UNEXPLAINED_CASH, f"deal:{ticket}")]


def cash_here(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has money that moved, of which the broker has nothing; it has no number."""
    key = f"adjustment-{pair.ticket()}"
    amount = pair.unit * rng.choice([2, -2, 5_000, -100_000])
    pair.local.cash.append(Cash(key, 0, "correction", amount, pair.instant(rng)))
    return [Planted(Kind.UNEXPLAINED_CASH, f"cash:{key}")]


def cash_numbered(pair: Pair, rng: Random) -> list[Planted]:
    """The same of a movement that the ledger has under a number of the broker's."""
    ticket = pair.ticket()
    amount = pair.unit * rng.choice([2, -2, 5_000, -100_000])
    pair.local.cash.append(Cash(f"balance.{ticket}", ticket, "deposit", amount, pair.instant(rng)))
    return [Planted(Kind.UNEXPLAINED_CASH, f"deal:{ticket}")]


def cash_amount(pair: Pair, rng: Random) -> list[Planted]:
    """Both sides have a movement of money, with different amounts."""
    found = [
        one for one in pair.local.cash
        if one.deal and pair.inside(one.ts) and f"cash:{one.deal}" not in pair.taken
        if any(other.deal == one.deal for other in pair.broker.cash)
    ]  # fmt: skip
    if not found:
        return []
    ours = rng.choice(found)
    pair.taken.add(f"cash:{ours.deal}")
    ours.amount += pair.unit * rng.choice([2, -2, 70, 9_000])
    return [Planted(Kind.UNEXPLAINED_CASH, f"deal:{ours.deal}")]


def _contract(field: str) -> Form:
    def plant(pair: Pair, rng: Random) -> list[Planted]:
        """The contract is not the one that the ledger was configured for."""
        taken = {name.removeprefix("symbol:").removeprefix("spec:") for name in pair.taken}
        both = pair.broker.instruments.keys() & pair.local.instruments.keys()
        listed = [pair.instrument(symbol) for symbol in sorted(both - taken)]
        if not listed:
            return []
        was = rng.choice(listed)
        now = {
            "tick": replace(was, tick=was.tick * rng.choice([2, 10])),
            "step": replace(was, step=was.step * rng.choice([2, 10])),
            "contract": replace(was, contract=was.contract * rng.choice([10, 100]) + rng.choice([0, 1])),
            "digits": replace(was, digits=was.digits + rng.choice([1, 2])),
        }
        pair.taken.add(f"spec:{was.symbol}")
        pair.broker.instruments[was.symbol] = now[field]
        return [Planted(Kind.SPEC_CHANGE, f"symbol:{was.symbol}", field)]

    return Form(Kind.SPEC_CHANGE, field, plant)


def one_fault(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger's chain is broken in one place."""
    if pair.local.faults:
        return []
    pair.local.faults.append("event 17 does not follow from event 16")
    return [Planted(Kind.LEDGER_INTEGRITY, "account")]


def several_faults(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger's chain is broken in several places."""
    if pair.local.faults:
        return []
    number = rng.randint(2, 4)
    pair.local.faults.extend(f"anchor {rng.randint(1, 99)}-{place} is not there" for place in range(number))
    return [Planted(Kind.LEDGER_INTEGRITY, "account", str(place + 1)) for place in range(number)]


def _off(pair: Pair, offset: int, **graver: str) -> list[Planted]:
    if abs(pair.broker.clock_offset or 0) > NS:
        return []
    pair.broker.clock_offset = offset
    return [Planted(Kind.CLOCK_SKEW, "account", **graver)]


def skewed(pair: Pair, rng: Random) -> list[Planted]:
    """The broker's clock is off by some seconds."""
    offset = rng.choice([NS + 1, 2 * NS, 5 * NS]) * rng.choice([-1, 1])
    return _off(pair, offset, severity="warning", policy="none")


def far_off(pair: Pair, rng: Random) -> list[Planted]:
    """The broker's clock is off so far that nothing can be believed."""
    offset = rng.choice([5 * NS + 1, 60 * NS, 2 * HOUR]) * rng.choice([-1, 1])
    return _off(pair, offset, severity="critical", policy="halt")


def incomplete(pair: Pair, rng: Random) -> list[Planted]:
    """The broker's answer is not complete: some rows of the window are not in it, and it says so.

    What it lacks is nothing that another fault is about.
    """
    side = pair.broker
    side.complete, side.why = False, "the second page did not arrive"
    for group in pair.free(rng):
        lost = [
            *(("deal", one) for one in group.deals),
            *(("order", one.broker.order) for one in group.asked),
        ]
        side.untold.update(one for one in lost if rng.random() < 0.3)
    later = {("deal", one.deal) for one in side.deals if one.ts > pair.until}
    side.untold -= later
    told = [one.deal for one in side.cash if f"cash:{one.deal}" not in pair.taken and one.ts <= pair.until]
    known = {one.deal for one in pair.local.cash}
    side.untold.update(("cash", one) for one in told if one in known and rng.random() < 0.3)
    return [Planted(Kind.WINDOW_INCOMPLETE, "account")]


FORMS: tuple[Form, ...] = (
    Form(Kind.BALANCE_DIFF, "balance", balance, absence=True),
    Form(Kind.BALANCE_DIFF, "hidden", hidden, absence=True),
    Form(Kind.BALANCE_DIFF, "equity", equity, absence=True),
    Form(Kind.UNEXPLAINED_CASH, "there", cash_there),
    Form(Kind.UNEXPLAINED_CASH, "here", cash_here, absence=True),
    Form(Kind.UNEXPLAINED_CASH, "here_numbered", cash_numbered, absence=True),
    Form(Kind.UNEXPLAINED_CASH, "amount", cash_amount),
    *(_contract(field) for field in ("tick", "step", "contract", "digits")),
    Form(Kind.LEDGER_INTEGRITY, "one", one_fault),
    Form(Kind.LEDGER_INTEGRITY, "several", several_faults),
    Form(Kind.CLOCK_SKEW, "warn", skewed),
    Form(Kind.CLOCK_SKEW, "halt", far_off),
    Form(Kind.WINDOW_INCOMPLETE, "pages", incomplete),
)
