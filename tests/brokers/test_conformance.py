"""The MetaTrader adapter passes every conformance card, and brokers with a fault fail the card about it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ictcli.brokers import conformance_card
from ictcli.brokers.conformance import CARDS, play, require_demo
from ictcli.brokers.conformance_card import Bench, Card, CardFailed
from ictcli.brokers.mt5 import adapter, outcomes, passes, rates, requests, session
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.server_clock import Stamps
from ictcli.brokers.reports import Evidence, Outcome
from ictcli.brokers.requests import Close, Place, Protect, Request
from ictcli.errors import PolicyRefused
from tests.brokers.stage import Execution, Mode, set_stage

BY_NAME = {card.name: card for card in CARDS}
NEEDS_NOW = ("C51",)
"""A part is told in the answer only where orders are executed at once."""

PLAYED = [
    (card, mode, execution)
    for card in CARDS
    for mode in ("hedging", "netting")
    for execution in ("immediate", "next_quote")
    if not (card.name in NEEDS_NOW and execution == "next_quote")
]


@pytest.mark.parametrize(
    ("card", "mode", "execution"), PLAYED, ids=[f"{card.name}-{a}-{b}" for card, a, b in PLAYED]
)
def test_the_adapter_passes(card: Card, mode: Mode, execution: Execution) -> None:
    play(card, set_stage(mode, execution)[0])


def test_a_broker_that_deduplicates_passes_too() -> None:
    bench, _, broker = set_stage(deduplicates=True)
    broker.deduplicates = True
    play(BY_NAME["C37"], bench)


def test_cards_are_numbered_once_and_in_order() -> None:
    assert len(BY_NAME) == len(CARDS)
    assert [card.number for card in CARDS] == sorted(card.number for card in CARDS)
    assert len({card.claim for card in CARDS}) == len(CARDS)


Planted = Callable[[pytest.MonkeyPatch], None]


def sends(change: Callable[[Any, Request], Outcome]) -> Planted:
    """A broker whose ``send`` is another one."""
    honest = Mt5Broker.send

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            Mt5Broker, "send", lambda own, request, hold=None: change(lambda r: honest(own, r), request)
        )

    return plant


def deaf_to_the_stop(send: Any, request: Request) -> Outcome:
    outcome: Outcome = send(request)
    return outcome


def blind_retry(send: Any, request: Request) -> Outcome:
    first: Outcome = send(request)
    again: Outcome = send(request) if first.kind in ("retryable", "unknown") else first
    return again


def time_out_as_reject(send: Any, request: Request) -> Outcome:
    outcome: Outcome = send(request)
    return replace(outcome, kind="rejected") if outcome.kind == "unknown" else outcome


def placed_as_done(send: Any, request: Request) -> Outcome:
    outcome: Outcome = send(request)
    return replace(outcome, kind="done") if outcome.kind == "placed" else outcome


def part_as_done(send: Any, request: Request) -> Outcome:
    outcome: Outcome = send(request)
    return replace(outcome, kind="done") if outcome.kind == "partial" else outcome


def close_without_position(send: Any, request: Request) -> Outcome:
    if isinstance(request, Close):
        request = Place(request.symbol, request.side, "market", request.volume, request.magic)
    outcome: Outcome = send(request)
    return outcome


def forgotten_target(send: Any, request: Request) -> Outcome:
    if isinstance(request, Protect):
        request = replace(request, target=None)
    outcome: Outcome = send(request)
    return outcome


def magic_of_32_bits(send: Any, request: Request) -> Outcome:
    if isinstance(request, Place | Close):
        request = replace(request, magic=request.magic & 0xFFFFFFFF)
    outcome: Outcome = send(request)
    return outcome


def always_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Mt5Broker.evidence

    def look(own: Mt5Broker, since: int) -> Evidence:
        return replace(honest(own, since), complete=True)

    monkeypatch.setattr(Mt5Broker, "evidence", look)


def never_asks_who(monkeypatch: pytest.MonkeyPatch) -> None:
    def require(own: Any, *, forced: bool = False) -> Any:
        return own._calls.read("account_info", forced=forced)

    monkeypatch.setattr(session.Session, "require", require)


def unlisted_as_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "UNLISTED", outcomes.Verdict("", "rejected", ""))


def forming_bar_too(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rates.closed_bars

    def bars(calls: Any, clock: Any, series: Any, timeframe: Any, span: Any) -> Any:
        return honest(calls, clock, series, timeframe, (span[0], span[1] + timeframe.ns, 2**62))

    monkeypatch.setattr(adapter, "closed_bars", bars)


def deposits_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = passes._each

    def each(seen: Any, found: Any, report: Any) -> Any:
        return [one for one in honest(seen, found, report) if type(one).__name__ != "CashReport"]

    monkeypatch.setattr(passes, "_each", each)


def expiry_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stamps, "to_server", lambda _, instant: instant // 1_000_000_000)


def volume_floored(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = requests.wire

    def wire(request: Any, info: Any, *rest: Any, **more: Any) -> Any:
        made = honest(request, info, *rest, **more)
        if "volume" in made:
            made["volume"] = max(round(made["volume"], 2), info.volume_min)
        return made

    monkeypatch.setattr(adapter, "check", lambda *_: None)
    monkeypatch.setattr(adapter, "wire", wire)


PLANTED: list[tuple[str, str, Planted]] = [
    ("a request that was answered badly is sent again", "C44", sends(blind_retry)),
    ("the emergency stop is not looked at", "C39", sends(deaf_to_the_stop)),
    ("a time-out counts as refused", "C42", sends(time_out_as_reject)),
    ("placed counts as done", "C25", sends(placed_as_done)),
    ("a part counts as all", "C51", sends(part_as_done)),
    ("a close opens the other side", "C22", sends(close_without_position)),
    ("new protection forgets the target", "C30", sends(forgotten_target)),
    ("a magic number loses its upper bits", "C34", sends(magic_of_32_bits)),
    ("every pass counts as complete", "C47", always_complete),
    ("nobody asks which account it is", "C49", never_asks_who),
    ("an unlisted code counts as refused", "C43", unlisted_as_rejected),
    ("the forming bar is given away", "C04", forming_bar_too),
    ("deposits are left out", "C06", deposits_left_out),
    ("an expiry is sent in UTC", "C25", expiry_in_utc),
    ("a volume is silently changed", "C31", volume_floored),
]


@pytest.mark.parametrize(("what", "name", "plant"), PLANTED, ids=[what for what, _, _ in PLANTED])
def test_a_broker_with_a_fault_fails_the_card_about_it(
    what: str, name: str, plant: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = set_stage()[0]
    with monkeypatch.context() as planted:
        plant(planted)
        with pytest.raises(CardFailed):
            BY_NAME[name].play(bench)


def test_cards_are_not_played_on_real_money() -> None:
    bench = set_stage()[0]
    require_demo(bench)
    account = bench.broker.account()

    class Real(Mt5Broker):
        def account(self) -> Any:
            return replace(account, demo=False)

    with pytest.raises(PolicyRefused, match="not a demo account"):
        require_demo(replace(bench, broker=Real.__new__(Real)))


def test_a_card_that_needs_faults_says_so_where_there_are_none() -> None:
    bench: Bench = set_stage()[0]

    class Undisturbed:
        now, faults, timeframe = bench.market.now, None, bench.market.timeframe

        def go_on(self) -> None:
            bench.market.go_on()

    with pytest.raises(CardFailed, match="cannot be disturbed"):
        conformance_card.disturbed(replace(bench, market=Undisturbed()))
