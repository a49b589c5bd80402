"""A trader made visible while it runs: its events in the log, its state at the endpoints."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.operations.endpoints_loop import LoopView
    from ictcli.trading.measures import Listener, Picture
    from ictcli.trading.request import Outside, TradeRequest


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what a trader does.

    Attributes:
        recorded: gets events of the ledger.
        pictured: gets pictures of the session.
        beat: hears that the loop came round.
    """

    recorded: "Listener"
    pictured: "Callable[[Picture], None]"
    beat: Callable[[], None]


@contextmanager
def watched(session: Session, request: "TradeRequest") -> Iterator[Watch]:
    """Log what a trader does for the block and, where ``metrics.port`` is set and it stays up, answer on it.

    Raises:
        ConfigError: there is no token for the port, or prometheus-client is not installed.
    """
    from ictcli.trading.measures import deaf, unseen

    recorded = deaf if request.mode == "replay" else _event_log(session)
    port = session.config.config.metrics.port
    if not port or request.mode == "replay" or request.once or request.dry_run:
        yield Watch(recorded, unseen, _nothing)
        return
    view = _view(session, request)
    with _served(session, view, port):
        yield Watch(recorded, view.show, view.beat)


def seen_by(outside: "Outside", watch: Watch) -> "Outside":
    """What the loop sees of the world, with those who look at the loop."""

    def ending() -> str:
        watch.beat()
        return outside.ending()

    return replace(outside, ending=ending, recorded=watch.recorded, pictured=watch.pictured)


def _ignored(error: Exception) -> None:
    """Nobody logs."""


def _nothing() -> None:
    """Nobody listens."""


def _event_log(session: Session) -> "Listener":
    from ictcli.operations.log_events import EventLog
    from ictcli.trading.measures import deaf

    recorder = session.recorder
    return EventLog(recorder.event, recorder.logs, recorder.know).take if recorder else deaf


@contextmanager
def _served(session: Session, view: "LoopView", port: int) -> Iterator[None]:
    """Answer on the port; one that is taken is only warned of, as trading matters more than being seen."""
    from ictcli.operations.endpoints import Endpoints
    from ictcli.operations.metrics_families import require_client
    from ictcli.terminals.secret import read_secret

    require_client()
    token = read_secret(session.config.config.metrics.token_env, session.environ)
    try:
        server = Endpoints(
            view.pages(), port, token, session.recorder.failed if session.recorder else _ignored
        )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        session.out.warn(f"no metrics on port {port}: {reason}; set another metrics.port")
        yield
        return
    server.start()
    session.out.note(f"metrics on http://127.0.0.1:{server.port}/metrics")
    try:
        yield
    finally:
        server.stop()


def _view(session: Session, request: "TradeRequest") -> "LoopView":
    from ictcli import __version__
    from ictcli.clock import NS_PER_SECOND, now_ns, parse_duration
    from ictcli.config.loading import fingerprint
    from ictcli.market.calendars import calendar
    from ictcli.operations.endpoints_loop import LoopView, Surroundings
    from ictcli.operations.endpoints_readiness import Expected, Patience

    config = session.config.config
    turn = parse_duration(config.metrics.stalled_after) + parse_duration(config.trade.poll) + NS_PER_SECOND
    series = [
        Expected(symbol, str(timeframe), timeframe.ns, calendar(session.book.require(symbol).calendar))
        for timeframe in request.timeframes
        for symbol in request.symbols
    ]
    recorder = session.recorder
    files = recorder.files if recorder else None
    return LoopView(
        Surroundings(
            state=session.config.state_dir,
            ledger=request.ledger,
            stale_after=parse_duration(config.reconcile.stale_after),
            series=series,
            patience=Patience(turn, parse_duration(config.metrics.bars_late_after)),
            version=__version__,
            config=fingerprint(config),
            now=now_ns,
            lost=lambda: files.lost if files else 0,
        )
    )
