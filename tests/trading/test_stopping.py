"""After the stop is set: traders that answer, traders that do not, and brokers that do not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from ictcli.clock import NS_PER_SECOND
from ictcli.errors import ExitCode, SourceUnavailable
from ictcli.ledger.bodies import Alerted, Emergency
from ictcli.trading.acknowledgement import Acknowledgement, acknowledge
from ictcli.trading.emergency import Pace
from ictcli.trading.latch import Halt
from ictcli.trading.lock import Trader
from ictcli.trading.ownership import Ownership
from ictcli.trading.spool import spool_of, waiting
from ictcli.trading.stopping import Kept, Means, stop_accounts, worst
from tests.trading.desks import OURS, OWNED, Desk, order, position, refuse, silent

KEY = bytes(range(32))
HALT = Halt(5, "news", "anna", 1, flatten=True)
AT_REAL, INSIDE = Trader(7, "real", "live", 1, 1), Trader(9, "", "paper", 1, 1)


class Clock:
    """Time that passes while somebody waits; a trader may speak while it does."""

    def __init__(self) -> None:
        self.now = 0
        self.later: list[tuple[int, Callable[[], None]]] = []

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds * NS_PER_SECOND)
        for entry in [one for one in self.later if one[0] <= self.now]:
            self.later.remove(entry)
            entry[1]()


def means(folder: Path, clock: Clock, **sessions: Desk) -> Means:
    opened = {name: (lambda desk=desk: desk) for name, desk in sessions.items()}
    pace = Pace(3.0, 0.25, lambda: clock.now, clock.sleep)
    return Means(folder, folder / "spool", KEY, opened, lambda _login: OWNED, Kept, pace)


def says(
    folder: Path, stage: Literal["heard", "done"], account: int = 7, epoch: int = 5, unresolved: int = 0
) -> Callable[[], None]:
    """A trader's word."""
    word = Acknowledgement(epoch, account, 1, stage, cancelled=2, closed=1, unresolved=unresolved)
    return lambda: acknowledge(folder, word)


def test_a_trader_that_finishes_is_believed_and_its_broker_left_alone(tmp_path: Path) -> None:
    clock, desk = Clock(), Desk().holding(order(1))
    clock.later = [(NS_PER_SECOND, says(tmp_path, "heard")), (5 * NS_PER_SECOND, says(tmp_path, "done"))]
    (found,) = stop_accounts(HALT, [(AT_REAL, True)], "", means(tmp_path, clock, real=desk))
    assert (found.cleared_by, found.code, desk.asked) == ("trader", ExitCode.OK, [])
    assert (found.document()["cancelled"], found.document()["closed"]) == (2, 1)
    assert 5 * NS_PER_SECOND <= clock.now < 6 * NS_PER_SECOND


@pytest.mark.parametrize("running", [True, False])
def test_for_one_that_does_not_answer_an_own_session_acts_and_leaves_word(
    tmp_path: Path, *, running: bool
) -> None:
    clock, desk = Clock(), Desk().holding(order(1), position(3))
    (found,) = stop_accounts(HALT, [(AT_REAL, running)], "", means(tmp_path, clock, real=desk))
    assert (found.cleared_by, found.code) == ("session", ExitCode.OK)
    assert (desk.orders, desk.positions) == ({}, {})
    assert (clock.now >= 2 * NS_PER_SECOND) == running
    ((spooled,), broken) = waiting(spool_of(tmp_path / "spool", 7), KEY)
    assert broken == []
    assert [type(body) for body in spooled.bodies] == [Emergency, Emergency, Alerted]
    assert spooled.by == "anna"


def test_a_word_about_an_earlier_stop_is_no_answer(tmp_path: Path) -> None:
    clock, desk = Clock(), Desk().holding(order(1))
    says(tmp_path, "done", epoch=4)()
    (found,) = stop_accounts(HALT, [(AT_REAL, True)], "", means(tmp_path, clock, real=desk))
    assert found.cleared_by == "session"


def test_one_that_heard_and_does_not_finish_is_finished_for(tmp_path: Path) -> None:
    clock, desk = Clock(), Desk().holding(order(1))
    says(tmp_path, "heard")()
    (found,) = stop_accounts(HALT, [(AT_REAL, True)], "", means(tmp_path, clock, real=desk))
    assert (found.cleared_by, found.code, desk.orders) == ("session", ExitCode.OK, {})
    assert clock.now >= 10 * NS_PER_SECOND


def test_a_trader_that_is_done_but_for_an_unknown_outcome_is_not_done(tmp_path: Path) -> None:
    clock = Clock()
    says(tmp_path, "done", unresolved=1)()
    (found,) = stop_accounts(HALT, [(AT_REAL, True)], "", means(tmp_path, clock, real=Desk()))
    assert found.code is ExitCode.UNKNOWN_OUTCOME


def test_a_simulated_terminal_inside_its_trader_has_no_other_session(tmp_path: Path) -> None:
    clock = Clock()
    stopped, dead = stop_accounts(
        HALT, [(INSIDE, True), (Trader(8, "", "paper", 1, 1), False)], "", means(tmp_path, clock)
    )
    assert (stopped.cleared_by, stopped.code) == ("nobody", ExitCode.OK)
    assert "lives in the trader" in stopped.note
    assert (dead.note, dead.code) == ("its simulated terminal stands still while no trader runs", ExitCode.OK)


@pytest.mark.parametrize(
    ("halt", "positions", "code"),
    [(Halt(5, "news", "anna", 1), [], ExitCode.OK), (HALT, [11], ExitCode.UNREACHABLE)],
)
def test_what_a_terminal_without_its_trader_keeps_is_told(
    tmp_path: Path, halt: Halt, positions: list[int], code: ExitCode
) -> None:
    ways = replace(means(tmp_path, Clock()), resting=lambda: Kept(positions=[11]))
    (found,) = stop_accounts(halt, [(Trader(1, "", "paper", 1, 1), False)], "", ways)
    assert (found.document()["positions"], found.code) == (positions, code)


@pytest.mark.parametrize("flatten", [True, False])
def test_a_request_without_an_outcome_in_a_terminal_without_its_trader_is_an_unknown_outcome(
    tmp_path: Path, *, flatten: bool
) -> None:
    kept = Kept([3], [], ["ICT1"])
    ways = replace(means(tmp_path, Clock()), resting=lambda: kept)
    halt = Halt(5, "news", "anna", 1, flatten=flatten)
    (found,) = stop_accounts(halt, [(Trader(1, "", "paper", 1, 1), False)], "", ways)
    assert (found.document()["unknown"], found.document()["resting"]) == (["ICT1"], [3])
    assert found.code is ExitCode.UNKNOWN_OUTCOME
    assert found.failure is not None
    assert "--once" in found.failure.hint


def test_a_broker_that_is_named_is_cleared_where_nobody_traded(tmp_path: Path) -> None:
    desk = Desk().holding(order(1))
    (found,) = stop_accounts(HALT, [], "real", means(tmp_path, Clock(), real=desk))
    assert (found.document()["account"], found.document()["broker"], desk.orders) == (None, "real", {})


def test_a_silent_broker_is_a_failure_of_its_account_only(tmp_path: Path) -> None:
    gone, well = Desk(), Desk().holding(order(1))
    gone.looks = ["gone"] * 1000
    clock = Clock()
    gone.wait = well.wait = clock.sleep  # type: ignore[method-assign]
    both = [(AT_REAL, False), (Trader(8, "other", "live", 1, 1), False)]
    first, second = stop_accounts(HALT, both, "", means(tmp_path, clock, real=gone, other=well))
    assert isinstance(first.failure, SourceUnavailable)
    assert (first.code, second.code) == (ExitCode.UNREACHABLE, ExitCode.OK)
    assert worst([first, second]) is ExitCode.UNREACHABLE


def test_the_worst_of_all_accounts_decides(tmp_path: Path) -> None:
    refused = Desk(refuse).holding(order(1))
    unknown = Desk(silent, mode="netting").holding(position(3))
    both = [(AT_REAL, False), (Trader(8, "other", "live", 1, 1), False)]
    first, second = stop_accounts(HALT, both, "", means(tmp_path, Clock(), real=refused, other=unknown))
    assert (first.code, second.code) == (ExitCode.REJECTED, ExitCode.UNKNOWN_OUTCOME)
    assert worst([first, second]) is ExitCode.UNKNOWN_OUTCOME
    assert worst([first]) is ExitCode.REJECTED
    assert worst([]) is ExitCode.OK
    assert second.document()["unknown"] == [3]


def test_a_spool_that_cannot_be_written_does_not_undo_what_was_done(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("in the way")
    desk = Desk().holding(order(1))
    (found,) = stop_accounts(HALT, [(AT_REAL, False)], "", means(tmp_path, Clock(), real=desk))
    assert (found.code, desk.orders) == (ExitCode.OK, {})
    assert "not laid down" in found.warnings[0]


def test_a_workspace_without_its_key_is_cleared_all_the_same(tmp_path: Path) -> None:
    desk = Desk().holding(order(1))
    without = replace(means(tmp_path, Clock(), real=desk), key=None)
    (found,) = stop_accounts(HALT, [(AT_REAL, False)], "", without)
    assert (found.code, desk.orders) == (ExitCode.OK, {})
    assert found.warnings == ["not laid down for the ledger: the workspace's key cannot be read"]
    assert not (tmp_path / "spool").exists()


def test_a_doubt_about_what_is_ours_is_told(tmp_path: Path) -> None:
    desk = Desk().holding(order(1))
    doubtful = Ownership(frozenset({OURS}), doubt="the ledger is locked")
    unsure = replace(means(tmp_path, Clock(), real=desk), owned=lambda _login: doubtful)
    (found,) = stop_accounts(HALT, [(AT_REAL, False)], "", unsure)
    assert (found.warnings, desk.orders) == (["the ledger is locked"], {})
