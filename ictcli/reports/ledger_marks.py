"""What an account stood at after each of its deals."""

import numpy as np

from ictcli.research.metrics.values import Equity
from ictcli.trading.account_story import AccountStory


def deal_marks(story: AccountStory) -> Equity | None:
    """The balance after each deal that the broker did not take back, in the order of their times.

    It begins with the opening balance and leaves out what moved the balance without a deal, such as deposits:
    only results and costs make it fall. Open results are not in a journal, so ``equity`` is the balance. None
    without a deal or an opening.
    """
    deals = [deal for ticket, deal in story.book.deals.items() if ticket not in story.book.voided]
    if story.book.opened is None or not deals:
        return None
    balance, rows = story.book.opened.balance, []
    for deal in sorted(deals, key=lambda one: one.ts):
        balance += deal.profit + deal.commission + deal.swap + deal.fee
        rows.append((deal.ts, float(balance)))
    values = np.array([row[1] for row in rows])
    return Equity(np.array([row[0] for row in rows], np.int64), values, values)
