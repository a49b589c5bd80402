"""Which orders and positions are ours, for a session that must act without the trader.

A magic number alone tells little: other programs use instants for theirs, which can look like ours. The
ledger knows every number that was given out, and is only read. Where it cannot tell, only what must be ours
by more than the form of its number is ours.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ictcli.errors import IctError
from ictcli.ledger.address import Place
from ictcli.ledger.opening import reading
from ictcli.trading.identity import EMERGENCY_STRATEGY, parts_of, strategy_number

CLOSING_COMMENT = "halt"
"""Comment of the closing orders of an own session."""
_INTENT = re.compile(r"[a-z2-7]{26}")
"""In front of the comment of everything that a trader sends: its intent (``identity.intent_id``)."""
_WAIT = 2.0
"""Seconds that the ledger is waited for: a stop is in a hurry."""
_NUMBERS = "SELECT DISTINCT account, magic FROM orders WHERE magic <> 0"


@dataclass(frozen=True, slots=True)
class Ownership:
    """What is known of our numbers on one account.

    Attributes:
        magics: every number that the ledger has given out; None where it cannot tell.
        strategies: numbers of the strategies that may have traded, for where it cannot.
        doubt: why it cannot; empty where it does.
    """

    magics: frozenset[int] | None
    strategies: frozenset[int] = frozenset()
    doubt: str = ""

    def owns(self, magic: int, comment: str) -> bool:
        """Whether an order or position with this number and comment is ours."""
        if self.magics is not None and magic in self.magics:
            return True
        strategy, _ = parts_of(magic)
        if strategy == EMERGENCY_STRATEGY and comment.startswith(CLOSING_COMMENT):
            return True
        if self.magics is not None or not strategy:
            return False
        return strategy in self.strategies or _INTENT.match(comment) is not None


def find_ownership(find: Callable[[], Place], login: int, strategies: Iterable[str]) -> Ownership:
    """What the ledger of a broker's account knows of our numbers; nothing is raised, as a stop must go on.

    Args:
        find: the ledger.
        login: of the account.
        strategies: names that may have traded, for where the ledger cannot tell.
    """
    likely = frozenset(strategy_number(name) for name in strategies)
    try:
        with reading(find().address, wait=_WAIT) as stored:
            given = stored.database.execute(_NUMBERS)
    except IctError as error:
        return Ownership(None, likely, f"the ledger cannot tell what is ours: {error.message}")
    magics = frozenset(magic for account, magic in given if account.rpartition("/")[2] == str(login))
    if not magics:
        return Ownership(None, likely, f"the ledger knows no order of account {login}")
    return Ownership(magics)
