"""Every rule about deals, in the order in which one explains another."""

from ictcli.reconcile.case import Rule
from ictcli.reconcile.rules.fills_foreign import booked_foreigners
from ictcli.reconcile.rules.fills_marks import late, overfills, special
from ictcli.reconcile.rules.fills_missing import missing
from ictcli.reconcile.rules.fills_money import fees, results, swaps
from ictcli.reconcile.rules.fills_surplus import busts, duplicates, phantoms
from ictcli.reconcile.rules.fills_values import price, side_or_symbol, time, volume

FILL_RULES: tuple[Rule, ...] = (
    missing,
    phantoms,
    duplicates,
    busts,
    side_or_symbol,
    volume,
    price,
    time,
    fees,
    swaps,
    results,
    special,
    overfills,
    late,
    booked_foreigners,
)
