"""How a session begins beside what another left, and how it ends."""

from pathlib import Path

import msgspec
import pytest

from ictcli.config.trading import TradeConfig
from ictcli.errors import PolicyRefused
from ictcli.ledger.address import place_in
from ictcli.ledger.bodies import Start
from ictcli.ledger.journal import Journal, open_journal
from ictcli.trading.engagement import Engagement, Terms
from ictcli.trading.verifying import NeverHalted
from ictcli.trading.wishes import Header
from tests.ledger.stories import NOW, intent, sent
from tests.ledger.stories import start as begun
from tests.trading.paper_worlds import OWNERS, Stage, limits
from tests.trading.test_parity_worlds import staged

SEEDS = range(40)
"""Worlds to look through for one that ends with an order at rest."""


def engaged(stage: Stage, journal: Journal, folder: Path, settings: TradeConfig) -> Engagement:
    """A session on a stage that has not begun."""
    header = Header(stage.server.account().login, OWNERS, "")
    terms = Terms(settings, header, stage.timeframes, "id", stage.start, folder / "kept")
    return Engagement(
        stage.account(), stage.broker(), journal, NeverHalted(), stage.clock.now, terms, lambda _text: None
    )


def resting_after(seed: int, folder: Path, at_stop: str) -> tuple[int, int]:
    """Orders at rest at the broker when a session is told to end, and after it has ended."""
    stage = staged(seed)
    place = place_in(folder, b"k" * 32)
    settings = msgspec.structs.replace(limits(), at_stop=at_stop)
    login = stage.server.account().login
    with open_journal(place, now=stage.start, durable=False) as journal:
        one = engaged(stage, journal, folder, settings)
        one.begin(
            Start(
                run="r", epoch=1, mode="replay", account=login, server="s", currency="USD", version="",
                config="", strategies=OWNERS,
            )
        )  # fmt: skip
        stage.play(one.trader)
        before = len(stage.server.open_orders())
        one.end("over")
    return before, len(stage.server.open_orders())


@pytest.mark.parametrize(("at_stop", "left"), [("keep", True), ("cancel", False)])
def test_resting_orders_stay_or_go_at_the_end_as_configured(tmp_path: Path, at_stop: str, left: bool) -> None:
    for seed in SEEDS:
        before, after = resting_after(seed, tmp_path / str(seed), at_stop)
        if before:
            assert (after == before) if left else (after == 0)
            return
    pytest.fail("no world ended with an order at rest")


def test_an_order_of_another_set_up_is_refused_with_the_way_that_settles_it(tmp_path: Path) -> None:
    stage = staged(0)
    login = stage.server.account().login
    with open_journal(place_in(tmp_path, b"k" * 32), now=NOW, durable=False) as journal:
        journal.append([begun(account=login), intent("lost"), sent("lost")], NOW)
        one = engaged(stage, journal, tmp_path, limits())
        one.refuse_strangers(known=True)
        with pytest.raises(PolicyRefused, match="0 positions and 1 orders of another set-up") as caught:
            one.refuse_strangers(known=False)
    assert "as it was once (--once)" in caught.value.hint
