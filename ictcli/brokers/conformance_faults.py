"""Conformance cards about what goes wrong between us and a broker; each needs one that can be disturbed."""

from collections.abc import Callable

from ictcli.brokers.conformance_card import Bench, Card, deals_of, disturbed, equal, expect, orders_of
from ictcli.errors import PolicyRefused, SourceUnavailable


def _unknown_then_evidence(bench: Bench, disturb: Callable[[], None], executed: int) -> None:
    request = bench.resting()
    disturb()
    equal(bench.broker.send(request).kind, "unknown", "an outcome that nobody told")
    equal(len(orders_of(bench.look(), request.magic)), executed, "orders in the evidence")


def _lost_executed(bench: Bench) -> None:
    faults = disturbed(bench)
    _unknown_then_evidence(bench, lambda: faults.lose_answer(executed=True), 1)


def _lost_not_executed(bench: Bench) -> None:
    faults = disturbed(bench)
    _unknown_then_evidence(bench, lambda: faults.lose_answer(executed=False), 0)


def _timed_out(bench: Bench) -> None:
    faults = disturbed(bench)
    for code in (10012, 10031, 10011, 10028):
        for executed in (True, False):

            def disturb(code: int = code, *, executed: bool = executed) -> None:
                faults.answer(code, executed=executed)

            _unknown_then_evidence(bench, disturb, int(executed))


def _unlisted(bench: Bench) -> None:
    faults = disturbed(bench)
    _unknown_then_evidence(bench, lambda: faults.answer(10999, executed=True), 1)


def _asked_once(bench: Bench) -> None:
    faults = disturbed(bench)
    for code in (10004, 10012, 10020, 10024, 10031):
        before = faults.arrived
        faults.answer(code, executed=False)
        bench.broker.send(bench.resting())
        equal(faults.arrived, before + 1, f"requests that arrived when the answer is {code}")


def _requote(bench: Bench) -> None:
    faults = disturbed(bench)
    for code in (10004, 10020, 10021, 10024):
        request = bench.at_market()
        faults.answer(code, executed=False)
        equal(bench.broker.send(request).kind, "retryable", f"an order answered {code}")
        equal(orders_of(bench.look(), request.magic), [], "orders after it")
        outcome = bench.broker.send(request)
        expect(outcome.kind in ("done", "placed"), f"the next attempt ended {outcome.kind}")


def _disconnected(bench: Bench) -> None:
    faults = disturbed(bench)
    request = bench.resting()
    faults.connect(connected=False)
    try:
        outcome = bench.broker.send(request)
        expect(
            outcome.kind == "unknown" or outcome.sent == "no",
            f"a request without a line was called {outcome.kind}",
        )
        expect(not _complete(bench), "a pass without a line to the server was called complete")
        expect(not bench.broker.health().connected, "a lost line was called healthy")
    finally:
        faults.connect(connected=True)
    equal(orders_of(bench.look(), request.magic), [], "orders after the line is back")


def _complete(bench: Bench) -> bool:
    try:
        return bench.broker.evidence(bench.begun).complete
    except SourceUnavailable:
        return False


def _unread(bench: Bench) -> None:
    position = bench.opened()
    disturbed(bench).fail_reads(50)
    complete = _complete(bench)
    disturbed(bench).fail_reads(0)
    expect(not complete, "a pass without the positions was called complete")
    found = [one for one in bench.look().positions if one.identifier == position.identifier]
    equal(len(found), 1, "the position once it can be read")


def _read_again(bench: Bench) -> None:
    disturbed(bench).fail_reads(1)
    expect(_complete(bench), "one read that failed was not tried again")


def _switched(bench: Bench) -> None:
    faults = disturbed(bench)
    before, request = faults.arrived, bench.resting()
    faults.switch_account(ours=False)
    try:
        outcome = bench.broker.send(request)
        equal((outcome.kind, outcome.sent), ("rejected", "no"), "a request at another account")
        equal(faults.arrived, before, "requests that arrived there")
        try:
            bench.broker.evidence(bench.begun)
        except PolicyRefused:
            return
        expect(False, "the records of another account were taken for ours")  # noqa: FBT003
    finally:
        faults.switch_account(ours=True)


def _restarted(bench: Bench) -> None:
    request = bench.resting()
    bench.broker.send(request)
    disturbed(bench).restart()
    equal(len(orders_of(bench.look(), request.magic)), 1, "orders after the terminal started again")


def _partly(bench: Bench) -> None:
    volume = 4 * bench.instrument.volume_min
    request = bench.at_market(volume=volume)
    disturbed(bench).fill_partly()
    outcome = bench.broker.send(request)
    equal(outcome.kind, "partial", "an order that was filled in part")
    filled = sum(deal.volume for deal in deals_of(bench.look(), request.magic))
    expect(0 < filled < volume, f"{filled} of {volume} lots were filled")
    equal(outcome.volume, filled, "the volume that was told")


FAULTS = (
    Card(
        40,
        "A lost answer is unknown; the records show the order.",
        "executed, once",
        _lost_executed,
        faults=True,
    ),
    Card(
        41,
        "A lost answer is unknown; the records show none.",
        "not executed",
        _lost_not_executed,
        faults=True,
    ),
    Card(
        42,
        "Time-outs and lost lines are unknown, executed or not.",
        "four codes, twice",
        _timed_out,
        faults=True,
    ),
    Card(43, "A code that nobody lists is unknown.", "10999, executed", _unlisted, faults=True),
    Card(44, "No request is ever sent again by itself.", "arrivals at the server", _asked_once, faults=True),
    Card(45, "A requote executes nothing and may be asked again.", "four codes", _requote, faults=True),
    Card(
        46,
        "Without a line nothing counts as refused or seen.",
        "send, evidence, health",
        _disconnected,
        faults=True,
    ),
    Card(47, "What could not be read makes a pass incomplete.", "positions fail", _unread, faults=True),
    Card(48, "A read that fails once is tried again.", "positions fail once", _read_again, faults=True),
    Card(49, "Nothing is sent to another account, nothing read from it.", "switched", _switched, faults=True),
    Card(
        50, "A terminal that was restarted is connected again.", "records after it", _restarted, faults=True
    ),
    Card(51, "A part that was filled is told as a part.", "10010, its deals", _partly, faults=True),
)
