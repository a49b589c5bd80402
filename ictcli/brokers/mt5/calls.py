"""Calls of the terminal: timed, reads tried again with full jitter, behind a circuit breaker.

Only reads are ever repeated. A request to trade goes through ``once``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from ictcli.brokers.mt5.breaker import Breaker, BreakerRule, admit, failed, succeeded
from ictcli.brokers.mt5.timings import Timings
from ictcli.clock import NS_PER_SECOND
from ictcli.errors import SourceUnavailable
from ictcli.terminals.constants import ErrorCode
from ictcli.terminals.terminal import Terminal, TerminalSilent

LOST = frozenset(
    {
        ErrorCode.E_INTERNAL_FAIL,
        ErrorCode.E_INTERNAL_FAIL_SEND,
        ErrorCode.E_INTERNAL_FAIL_RECEIVE,
        ErrorCode.E_INTERNAL_FAIL_INIT,
        ErrorCode.E_INTERNAL_FAIL_CONNECT,
        ErrorCode.E_INTERNAL_FAIL_TIMEOUT,
    }
)
"""``last_error`` codes after which the terminal has to be connected again."""
_FINAL = frozenset(
    {
        ErrorCode.E_INVALID_PARAMS,
        ErrorCode.E_INVALID_VERSION,
        ErrorCode.E_AUTH_FAILED,
        ErrorCode.E_UNSUPPORTED,
    }
)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a read is tried: pauses are drawn from 0 up to ``base * 2**n``, at most ``cap``, seconds."""

    attempts: int = 4
    base: float = 0.1
    cap: float = 2.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the calls need of the world.

    Attributes:
        now: the instant, ns UTC.
        sleep: waits so many seconds.
        monotonic: seconds, for durations.
        rng: draws the pauses.
    """

    now: Callable[[], int]
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    rng: Random


class Calls:
    """The terminal's functions by name.

    Args:
        terminal: who answers.
        world: clock, sleep and randomness.
        retry: how reads are repeated.
        rule: when the breaker opens.
        breaker: its state, as it was left.
    """

    def __init__(
        self,
        terminal: Terminal,
        world: Surroundings,
        retry: Retry,
        rule: BreakerRule,
        breaker: Breaker,
    ) -> None:
        self._terminal = terminal
        self._world = world
        self._retry = retry
        self._rule = rule
        self.breaker = breaker
        self.timings = Timings()
        self.spent = 0.0
        self.revive: Callable[[], None] | None = None
        self._lost = False

    def once(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call once, whatever comes of it.

        Raises:
            TerminalSilent: no answer in time.
        """
        begun = self._world.monotonic()
        try:
            return getattr(self._terminal, name)(*args, **kwargs)
        finally:
            took = self._world.monotonic() - begun
            self.spent += took
            self.timings.note(name, took)

    def error(self) -> tuple[int, str]:
        """``last_error`` of the call just made; as if the pipe were lost when not even that is answered."""
        try:
            code, text = self._terminal.last_error()
        except TerminalSilent as silent:
            return int(ErrorCode.E_INTERNAL_FAIL_RECEIVE), silent.message
        return int(code), str(text)

    def read(self, name: str, *args: Any, forced: bool = False, **kwargs: Any) -> Any:
        """Call until there is an answer, a few times at most.

        Args:
            name: of the function.
            args: as it takes them.
            forced: also while the breaker is open, for what reduces exposure.
            kwargs: as it takes them.

        Raises:
            SourceUnavailable: there was none, or the breaker is open.
        """
        found = self.look_up(name, *args, forced=forced, **kwargs)
        if found is None:
            raise _unanswered(name, int(ErrorCode.E_NOT_FOUND), "Terminal: Not found")
        return found

    def look_up(self, name: str, *args: Any, forced: bool = False, **kwargs: Any) -> Any:
        """As ``read``, but None when the terminal says that there is no such thing."""
        code, text = 0, ""
        for attempt in range(self._retry.attempts):
            if attempt:
                self._pause(attempt - 1)
            self._admit(forced=forced)
            found, code, text = self._try(name, args, kwargs)
            if code == 0:
                return found
            if code in _FINAL:
                break
        if code == ErrorCode.E_NOT_FOUND:
            return None
        raise _unanswered(name, code, text)

    def _try(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, int, str]:
        """The answer and 0, or None, the error's code and its text.

        A terminal that was lost is connected again first, whoever asks next: an open breaker grants one call
        at a time, and that one must not be spent on asking a terminal that nobody has connected to.
        """
        try:
            if self._lost and self.revive is not None:
                self.revive()
            found = self.once(name, *args, **kwargs)
        except SourceUnavailable as error:
            self._lost = True
            self._fail()
            return None, int(ErrorCode.E_INTERNAL_FAIL_TIMEOUT), error.message
        if found is not None and found is not False:
            self._lost, self.breaker = False, succeeded(self.breaker)
            return found, 0, ""
        code, text = self.error()
        self._lost = code in LOST
        if code in LOST or code == ErrorCode.E_FAIL:
            self._fail()
        else:
            self.breaker = succeeded(self.breaker)
        return None, code or int(ErrorCode.E_FAIL), text

    def _admit(self, *, forced: bool) -> None:
        self.breaker, allowed = admit(self.breaker, self._elapsed())
        if not (allowed or forced):
            raise SourceUnavailable(
                f"the terminal failed {self.breaker.failures} times in a row; "
                f"it is asked again in {(self.breaker.until - self._elapsed()) / NS_PER_SECOND:.1f} s",
                hint="See ictcli doctor.",
            )

    def _elapsed(self) -> int:
        """By a clock that nobody sets, ns: a pause must not last for hours to pass again."""
        return round(self._world.monotonic() * NS_PER_SECOND)

    def _fail(self) -> None:
        self.breaker = failed(self.breaker, self._rule, self._elapsed())

    def _pause(self, n: int) -> None:
        longest = min(self._retry.cap, self._retry.base * 2**n)
        self._world.sleep(self._world.rng.uniform(0, longest))


def _unanswered(name: str, code: int, text: str) -> SourceUnavailable:
    return SourceUnavailable(
        f"the terminal did not answer {name}: {code} {text}".rstrip(),
        hint="Check that the terminal runs, is logged in and connected.",
    )
