"""Every rule, in the order in which what one finds explains what a later one does."""

from ictcli.reconcile.case import Rule
from ictcli.reconcile.rules.account import ACCOUNT_RULES
from ictcli.reconcile.rules.fills import FILL_RULES
from ictcli.reconcile.rules.money import MONEY_RULES
from ictcli.reconcile.rules.orders import ORDER_IDENTITY_RULES, ORDER_STATE_RULES
from ictcli.reconcile.rules.positions import POSITION_RULES

RULES: tuple[Rule, ...] = (
    *ORDER_IDENTITY_RULES,
    *FILL_RULES,
    *ORDER_STATE_RULES,
    *POSITION_RULES,
    *MONEY_RULES,
    *ACCOUNT_RULES,
)
