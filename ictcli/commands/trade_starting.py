"""The start of a trader as others see it: what ends it early, what the service manager hears meanwhile."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from numba.core import event

from ictcli.commands.backtest_compiling import compiling_told
from ictcli.errors import ExitCode
from ictcli.session import Session
from ictcli.trading.ending import listening
from ictcli.trading.ending_early import ending_early

if TYPE_CHECKING:
    from ictcli.telemetry import Progress
    from ictcli.trading.ending import Ending
    from ictcli.trading.request import TradeRequest
    from ictcli.trading.service import Service


class _Extending(event.Listener):
    """Asks the service manager for more time with every kernel, as only a compiler that gets on does."""

    def __init__(self, service: "Service") -> None:
        self._service = service

    def on_start(self, event: object) -> None:
        """The compiler takes up a kernel."""
        self._service.starting("compiling kernels")

    def on_end(self, event: object) -> None:
        """The compiler has finished one; what calls it is optimised next."""
        self._service.starting("compiling kernels")


@contextmanager
def starting(
    session: Session, request: "TradeRequest", ending: "Ending", service: "Service"
) -> Iterator[None]:
    """For the block, hear signals, also while the compiler runs, and tell of compiling."""

    def leave() -> int:
        with suppress(OSError):
            show_early(session, request, ending)
            sys.stdout.flush()
        code = early_code(ending)
        if session.recorder is not None:
            session.recorder.end(code)
        return code

    _warn_of_readers(session)
    if request.mode == "paper" and not request.broker and not request.dry_run:
        _warn_of_new_account(session)
    with ExitStack() as stack:
        stack.enter_context(listening(ending, session.out.note))
        stack.enter_context(ending_early(ending, leave))
        stack.enter_context(event.install_listener("numba:compile", _Extending(service)))
        stack.enter_context(compiling_told(session.out))
        yield


def _warn_of_readers(session: Session) -> None:
    """Say that others can read the key or a password: who has the key can write another history."""
    from ictcli.health_trading import secrets

    state, told, fix = secrets(session)
    if state == "fail" and fix.startswith("chmod"):
        session.out.warn(f"{told}: {fix}")


def _warn_of_new_account(session: Session) -> None:
    """Say that a paper account begins where a backup tells of one that is not here."""
    from ictcli.ledger.address import paper_place
    from ictcli.operations.backup_standing import standing

    config = session.config
    folder = session.workspace / config.config.backup.folder
    if not (config.state_dir / "secret.key").is_file() or paper_place(config.state_dir).exists:
        return
    held = standing(folder, config.state_dir, config.config.backup, session.now).most.get("paper")
    if held is not None:
        session.out.warn(
            f"a new paper account begins; {held.backup} holds {held.events:,} events of one that is not here"
        )


def told_to(service: "Service", progress: "Progress") -> "Progress":
    """Progress of a start that the service manager hears of, too."""

    def report(label: str, done: int, total: int | None) -> None:
        service.starting(label)
        progress(label, done, total)

    return report


def show_early(session: Session, request: "TradeRequest", ending: "Ending") -> None:
    """Show that trading did not begin, and why."""
    early = {"mode": request.mode, "bars": 0, "orders": 0, "ended": ending.why()}
    session.out.emit(early, lambda: f"ended before trading began: {ending.why()}")


def early_code(ending: "Ending") -> int:
    """The exit code of a start that was ended."""
    return int(ExitCode.INTERRUPTED if ending.interrupted else ExitCode.OK)
