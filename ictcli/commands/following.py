"""What ``detect --follow`` does: tells every new record of stored series until it is interrupted."""

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import click
import numpy as np

from ictcli.clock import NS_PER_DAY
from ictcli.errors import DataError, ExitCode, UsageError
from ictcli.output import encode

if TYPE_CHECKING:
    from ictcli.detectors.following import Follower
    from ictcli.detectors.journal import Subject
    from ictcli.session import Session
    from ictcli.sources.source import Source, Surroundings

_LONGEST_CLOSURE = 10 * NS_PER_DAY


@dataclass(frozen=True, slots=True)
class FollowRequest:
    """How to follow.

    Attributes:
        names: detectors to tell of, all when empty.
        start: where a new follower begins, nanoseconds UTC; None: with what becomes known from now on.
        interval_ns: between two looks at the store.
        speed: simulated time per real time that a simulated market goes on; None: nobody moves it.
    """

    names: tuple[str, ...]
    start: int | None
    interval_ns: int
    speed: float | None


def follow(session: "Session", subjects: list["Subject"], request: FollowRequest) -> None:
    """Look at the store again and again until Ctrl-C, the usual end of a follower, or an error.

    Raises:
        Exit: somebody pressed Ctrl-C, with the exit code of an interruption.
        UsageError: a market is to be moved that is not simulated.
        DataError: a series is damaged or unsound.
        Busy: another process follows the same.
    """
    try:
        _watch(session, subjects, request)
    except KeyboardInterrupt:
        session.out.note("stopped")
        raise click.exceptions.Exit(ExitCode.INTERRUPTED) from None


def _watch(session: "Session", subjects: list["Subject"], request: FollowRequest) -> NoReturn:
    markets = [_Market(session, subject, request) for subject in subjects] if request.speed else []
    with ExitStack() as stack:
        followers = [_follower(session, subject, request, stack) for subject in subjects]
        for follower in followers:
            follower.poll()
        session.out.note(f"following {', '.join(str(subject.key) for subject in subjects)}; Ctrl-C ends it")
        while True:
            time.sleep(request.interval_ns / 1e9)
            for market in markets:
                market.move()
            for follower in followers:
                follower.poll()


def _follower(session: "Session", subject: "Subject", request: FollowRequest, stack: ExitStack) -> "Follower":
    from ictcli.detectors.cursor import cursor
    from ictcli.detectors.following import Follower, Wish

    config = session.config.config.detect
    wish = Wish(subject, config, request.names, request.start, session.provenance())
    kept = cursor(session.store.state_dir, subject.key, request.names, sys.stdout.fileno(), session.out.write)
    return Follower(session.store, wish, stack.enter_context(kept), encode)


class _Market:
    """A simulated market that goes on while it is followed.

    Raises:
        UsageError: the series comes from another source.
    """

    def __init__(self, session: "Session", subject: "Subject", request: FollowRequest) -> None:
        from ictcli.config.records import SimSource
        from ictcli.sources.registry import named, source

        name = subject.stored.source
        config = named(name, session.config.config.sources) or (SimSource() if name == "sim" else None)
        if not isinstance(config, SimSource):
            raise UsageError(
                f"--speed moves simulated markets; {subject.stored} is none",
                hint="Leave out --speed: whoever stores new bars moves the series.",
            )
        self._session = session
        self._key = subject.stored
        self._calendar = subject.calendar
        self._source: Source = source(name, config, session.workspace)
        self._step_ns = max(request.interval_ns * (request.speed or 0.0), 0.0)
        self._due = 0.0

    def move(self) -> None:
        """Store the bars that closed since the last look."""
        from ictcli.sources.source import Request

        self._due += self._step_ns
        bars = int(self._due // self._key.timeframe.ns) if self._key.timeframe.ns else 0
        if not bars:
            return
        self._due -= bars * self._key.timeframe.ns
        manifest = self._session.store.manifest(self._key)
        if manifest is None or not manifest.parts:
            raise DataError(f"{self._key} is not stored any more", hint="Run `ictcli fetch` again.")
        first = manifest.parts[-1].last_close
        request = Request((self._key.symbol,), self._key.timeframe, first, self._end(first, bars))
        self._source.fetch(request, self._surroundings())

    def _end(self, first: int, bars: int) -> int:
        """Where so many bars of open hours have passed; hours without trade take no time."""
        length = self._key.timeframe.ns
        opens = first + np.arange(0, max(_LONGEST_CLOSURE, 2 * bars * length), length, dtype=np.int64)
        traded = opens[self._calendar.is_open(opens)]
        return int(traded[:bars][-1] if len(traded) else opens[-1]) + length

    def _surroundings(self) -> "Surroundings":
        from ictcli.clock import now_ns
        from ictcli.sources.source import Surroundings

        session = self._session
        return Surroundings(
            store=session.store,
            book=session.book,
            config=session.config.config.fetch,
            now=now_ns(),
            provenance=session.provenance(),
        )
