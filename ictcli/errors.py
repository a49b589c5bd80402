"""Every way ictcli refuses or stops, and the exit code each way owns.

    IctError                     1   unexpected: a bug, please report
    ├── UsageError               2   the command line asks for something impossible
    ├── Finding                  3   it worked, and found something you must look at
    │   ├── Discrepancy          9   ledger and broker do not tell one story
    │   └── Inconclusive        10   the records to compare with are not complete
    ├── ConfigError              4   a config file, key or value is invalid
    ├── DataError                5   input data is missing, corrupt or contradicts what was said of it
    ├── SourceUnavailable        6   a broker or source cannot be reached (retryable)
    ├── RequestRejected          7   the broker refused what was asked, for good
    ├── OutcomeUnknown           8   something may have been executed: look before doing anything else
    ├── PolicyRefused           11   refused by a rule that protects the user
    ├── LedgerUnwritable         1   the journal of trading cannot be written: disk full, an I/O error
    ├── EventRefused             1   an event contradicts the journal: a bug, please report
    ├── Busy                    12   another process holds the lock (retryable)
    └── Interrupted            130   the user pressed Ctrl-C (retryable)

Commands never translate errors by hand: they raise one of these (or let one pass), and the program's
single error handler prints ``message``, then ``hint``, and exits with ``code``.
"""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Process exit codes; the table in docs/cli.md is generated from this enum."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    FINDING = 3
    CONFIG = 4
    DATA = 5
    UNREACHABLE = 6
    REJECTED = 7
    UNKNOWN_OUTCOME = 8
    DISCREPANCY = 9
    INCONCLUSIVE = 10
    REFUSED = 11
    BUSY = 12
    INTERRUPTED = 130


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "done, nothing to worry about",
    ExitCode.UNEXPECTED: "unexpected error: a bug, or the system failed; says how to report it",
    ExitCode.USAGE: "the command line asks for something impossible",
    ExitCode.FINDING: "it worked and found something you must look at: a gate that did not pass, gaps",
    ExitCode.CONFIG: "configuration invalid: names file, key and reason",
    ExitCode.DATA: "input data missing, corrupt, or contradicting what was said of it; nothing stored",
    ExitCode.UNREACHABLE: "broker or source unreachable or not logged in; try again",
    ExitCode.REJECTED: "broker rejected the request",
    ExitCode.UNKNOWN_OUTCOME: "outcome of a request unknown; reconcile before anything else",
    ExitCode.DISCREPANCY: "reconciliation found discrepancies",
    ExitCode.INCONCLUSIVE: "reconciliation inconclusive",
    ExitCode.REFUSED: "refused by a rule that protects the user",
    ExitCode.BUSY: "busy: another process holds the lock; names pid, host, since",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
}
"""One line per exit code, for the documentation."""


class IctError(Exception):
    """Base of all expected failures.

    Args:
        message: one line, lower case, no trailing period: what is wrong and where.
        hint: the next thing to try, as an imperative sentence or a command; may be empty.
    """

    code: ClassVar[ExitCode] = ExitCode.UNEXPECTED
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def name(self) -> str:
        """Stable machine-readable name, the ``error.name`` of ``--json``."""
        return type(self).__name__


class UsageError(IctError):
    """The command line asks for something that does not exist or does not fit together."""

    code = ExitCode.USAGE


class Finding(IctError):
    """The command did its work and found something the user must look at."""

    code = ExitCode.FINDING


class Discrepancy(Finding):
    """A reconciliation was carried through and found differences."""

    code = ExitCode.DISCREPANCY


class Inconclusive(Finding):
    """A reconciliation was carried through over records that are not complete."""

    code = ExitCode.INCONCLUSIVE


class ConfigError(IctError):
    """A config file, key or value is invalid."""

    code = ExitCode.CONFIG


class DataError(IctError):
    """Input data is missing, corrupt, or contradicts what was said of it; nothing was stored."""

    code = ExitCode.DATA


class SourceUnavailable(IctError):
    """A broker or data source cannot be reached or is not logged in."""

    code = ExitCode.UNREACHABLE
    retryable = True


class RequestRejected(IctError):
    """The broker refused what was asked, and asking again would not help."""

    code = ExitCode.REJECTED


class OutcomeUnknown(IctError):
    """A request may have been executed; only the broker's records tell."""

    code = ExitCode.UNKNOWN_OUTCOME


class PolicyRefused(IctError):
    """Refused by a rule that protects the user."""

    code = ExitCode.REFUSED


class Busy(IctError):
    """Another process holds the lock; the message names it."""

    code = ExitCode.BUSY
    retryable = True


class Interrupted(IctError):
    """The user pressed Ctrl-C; what was committed stays, the rest is discarded."""

    code = ExitCode.INTERRUPTED
    retryable = True


class LedgerUnwritable(IctError):
    """The journal's database refuses to write: disk full, an I/O error, locked too long, connection lost.

    None of the events was acknowledged. The journal takes no more of them (``Journal.spill`` does).
    """


class EventRefused(IctError):
    """An event contradicts the journal, such as a second intent of one name: a bug of whoever wrote it.

    None of the events given with it was written; the journal stays usable.
    """
