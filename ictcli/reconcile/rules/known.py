"""Every rule, in the order in which what one finds explains what a later one does."""

from ictcli.reconcile.case import Rule

RULES: tuple[Rule, ...] = ()
