"""How far two values may be apart before they are two stories; one tolerance for each kind of field."""

from decimal import Decimal

import msgspec

from ictcli.clock import NS_PER_SECOND


class Tolerances(msgspec.Struct, frozen=True, kw_only=True):
    """Every difference up to and including a tolerance is none, but a volume's, which is one from there on.

    Attributes:
        price_ticks: of a deal's price, in ticks of its symbol.
        volume_steps: of a deal's or position's volume, in steps: a difference of this much is one.
        money_units: of one amount, in minor units of the account's currency.
        aggregate_units: of a sum, in minor units for each amount in it.
        time: of a deal's instant, ns.
        average: of a position's price, as a share of it.
        clock_warn, clock_halt: of the broker's clock, ns.
    """

    price_ticks: Decimal = Decimal("0.5")
    volume_steps: Decimal = Decimal("0.5")
    money_units: int = 1
    aggregate_units: Decimal = Decimal("0.5")
    time: int = 2 * NS_PER_SECOND
    average: Decimal = Decimal("0.0001")
    clock_warn: int = NS_PER_SECOND
    clock_halt: int = 5 * NS_PER_SECOND
