"""Plants faults of known kind and key in a consistent pair; what it planted is what must be found."""

from collections.abc import Iterator, Sequence
from random import Random

from ictcli.reconcile.findings import Kind
from tests.reconcile.bench import (
    faults_of_accounts,
    faults_of_deals,
    faults_of_fields,
    faults_of_orders,
    faults_of_positions,
)
from tests.reconcile.bench.generator import pair
from tests.reconcile.bench.planted import Form, Planted
from tests.reconcile.bench.records import Pair

FORMS: tuple[Form, ...] = (
    *faults_of_deals.FORMS,
    *faults_of_fields.FORMS,
    *faults_of_orders.FORMS,
    *faults_of_positions.FORMS,
    *faults_of_accounts.FORMS,
)

Faulty = tuple[Pair, list[Planted]]


def single(form: Form, first: int = 0) -> Iterator[Faulty]:
    """Pairs with one fault of one form, from a seed on."""
    seed = first
    while True:
        made = pair(seed)
        planted = form.plant(made, Random(seed))
        if planted:
            yield made, planted
        seed += 1


def mixed(seed: int, most: int = 5) -> Faulty:
    """A pair with up to ``most`` faults on targets apart from each other.

    Incomplete records are planted last, and never with a fault that follows from absence.
    """
    rng = Random(seed + 1_000_003)
    made = pair(seed)
    forms = [rng.choice(_by_kind(kind)) for kind in rng.choices(list(Kind), k=rng.randint(0, most))]
    if any(one.kind is Kind.WINDOW_INCOMPLETE for one in forms):
        last = [one for one in forms if one.kind is Kind.WINDOW_INCOMPLETE][:1]
        forms = [one for one in forms if not one.absence and one.kind is not Kind.WINDOW_INCOMPLETE] + last
    planted: list[Planted] = []
    for form in forms:
        if form.kind in {Kind.BALANCE_DIFF, Kind.CLOCK_SKEW} and any(
            one.kind is form.kind for one in planted
        ):
            continue
        planted += form.plant(made, rng)
    return made, planted


def _by_kind(kind: Kind) -> Sequence[Form]:
    return [one for one in FORMS if one.kind is kind]
