"""Checkpoints: a trader that goes on from one knows what it knew, and they stay small."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from ictcli.clock import NS_PER_HOUR
from ictcli.trading.bookings import Links
from ictcli.trading.checkpoints import TraderState, restore, state_of, write_checkpoint
from ictcli.trading.trader import Trader
from tests.trading.paper_worlds import Stage, on_paper
from tests.trading.test_parity_worlds import staged


def traded(seed: int) -> tuple[Stage, Trader]:
    """A world that was traded on paper."""
    stage = staged(seed)
    return stage, on_paper(stage)[1]


def links_of(links: Links) -> dict[str, Any]:
    """Links as plain dictionaries."""
    found = {name: getattr(links, name) for name in ("wishes", "intents", "positions", "identifiers")}
    return {name: dict(value.items()) for name, value in found.items()}


def after(stage: Stage, state: TraderState) -> Links:
    """The links of a trader that goes on from the bytes of a state."""
    trader = stage.engage()
    restore(trader, msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=TraderState))
    return trader.bookings.links


def test_a_trader_knows_what_it_wanted_and_where_it_is_at_the_broker() -> None:
    stage, trader = traded(3)
    links = trader.bookings.links
    assert min(len(links.wishes), len(links.positions)) > 3
    state = state_of(trader, stage.log.last, 0, stage.start, "world")
    assert links_of(after(stage, state)) == links_of(links)


def test_a_checkpoint_of_the_version_before_is_read() -> None:
    stage, trader = traded(3)
    links = trader.bookings.links
    state = state_of(trader, stage.log.last, 0, stage.start, "world")
    held = {key: place for key, place in links.positions.items() if place in links.identifiers}
    old = replace(
        state, links=None, wishes=dict(links.wishes.items()),
        positions=[(identifier, *place) for identifier, place in held.items()],
    )  # fmt: skip
    found = links_of(after(stage, old))
    assert found["wishes"] == links_of(links)["wishes"]
    assert found["positions"] == held
    assert found["identifiers"] == {place: identifier for identifier, place in held.items()}


def test_what_belongs_to_nothing_any_more_is_forgotten() -> None:
    _, trader = traded(3)
    links, desk = trader.bookings.links, trader.account.desk
    wishes, positions = len(links.wishes), len(links.positions)
    assert any(desk.position(*key) is None for key in links.identifiers)
    trader.bookings.settle()
    assert all(desk.position(*key) is not None for key in links.identifiers)
    assert all(desk.live_order(*key) is not None for key in links.intents)
    assert (len(links.wishes), len(links.positions)) == (wishes, positions)


def test_the_last_three_are_kept_and_the_first_of_each_of_the_last_days(tmp_path: Path) -> None:
    stage, trader = traded(3)
    state = state_of(trader, 1, 0, stage.start, "world")
    for hour in range(0, 24 * 12, 6):
        write_checkpoint(tmp_path, replace(state, at=hour * NS_PER_HOUR, seq=hour))
    kept = sorted(int(path.stem.partition("-")[2]) for path in tmp_path.glob("*.checkpoint"))
    assert kept == [*(24 * day for day in range(4, 12)), 24 * 11 + 6, 24 * 11 + 12, 24 * 11 + 18]
