"""Limits of accounts, markets and calendars, each a short session with what must come of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from msgspec.structs import replace as changed

from ictcli.brokers.simulated.served import ServedOptions
from ictcli.brokers.simulated.surface_session import Permissions
from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND, parse_instant
from ictcli.config.records import Config
from ictcli.engine.refusals import EXPLANATIONS, Refusal
from ictcli.ledger.bodies import BarTaken, Decided, Ended, Intent, Sent
from ictcli.stress.books import Books
from ictcli.stress.simulated_session import Desk
from ictcli.terminals.constants import Retcode
from ictcli.terminals.symbol_constants import SymbolTradeMode

_PRESENT = "2026-01-14T09:00Z"


@dataclass(frozen=True, slots=True)
class Played:
    """What a case is judged by.

    Attributes:
        desk: with the terminal.
        books: of ledger and terminal.
        verdict: of ``reconcile``.
    """

    desk: Desk
    books: Books
    verdict: str

    @property
    def sent(self) -> list[int]:
        """Instants at which orders were sent, ns UTC."""
        orders = {
            entry.body.id for entry in self.books.entries
            if isinstance(entry.body, Intent) and entry.body.action in {"place", "close"}
        }  # fmt: skip
        return [
            entry.ts for entry in self.books.entries
            if isinstance(entry.body, Sent) and entry.body.id in orders
        ]  # fmt: skip

    @property
    def refused(self) -> Counter[str]:
        """Reasons for which the account itself refused."""
        decided = (entry.body for entry in self.books.entries if isinstance(entry.body, Decided))
        return Counter(one.reason for one in decided if one.what == "refused")

    @property
    def ended(self) -> Counter[int]:
        """Return codes with which orders ended."""
        return Counter(entry.body.code for entry in self.books.entries if isinstance(entry.body, Ended))

    @property
    def bars(self) -> list[int]:
        """Opens of the bars that were taken, in order, ns UTC."""
        return [entry.body.ts for entry in self.books.entries if isinstance(entry.body, BarTaken)]


Expect = Callable[[Played], str]
"""What is wrong with what came of a case; empty for nothing."""


def untouched(_desk: Desk, _seconds: float) -> None:
    """Nothing happens besides."""


def as_it_is(config: Config) -> Config:
    """The traffic's own configuration."""
    return config


@dataclass(frozen=True, slots=True)
class Limit:
    """A case.

    Attributes:
        name: what it is about.
        expect: what must come of it, besides books that agree.
        start: ISO-8601 UTC.
        minutes: how long it is traded.
        market: of the terminal.
        change: of the configuration.
        params: of the traffic.
        meanwhile: called before the session with -1 and then once a turn with the seconds since its start.
    """

    name: str
    expect: Expect
    start: str = _PRESENT
    minutes: int = 4
    market: ServedOptions = field(default_factory=lambda: ServedOptions(symbols=("EURUSD",)))
    change: Callable[[Config], Config] = as_it_is
    params: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Callable[[Desk, float], None] = untouched


def _refused_for(refusal: Refusal, *, sent: int = 0) -> Expect:
    """The account itself refuses, and only so many orders are sent."""

    def judge(played: Played) -> str:
        reasons = played.refused
        if EXPLANATIONS[refusal] not in reasons:
            return f"refused for {dict(reasons)}, not because {EXPLANATIONS[refusal]}"
        return f"{len(played.sent)} orders were sent" if len(played.sent) != sent else ""

    return judge


def _quiet(played: Played) -> str:
    """Nothing is taken, nothing decided, nothing sent."""
    return f"{len(played.bars)} bars, {len(played.sent)} orders" if played.bars or played.sent else ""


def _closes_at(end: str) -> Expect:
    """Orders until the market closes, and none executed behind it."""

    def judge(played: Played) -> str:
        close = parse_instant(end, now=0)
        late = [at for at in played.sent if at > close + 10 * NS_PER_SECOND]
        return "" if played.sent and not late else f"{len(played.sent)} orders, {len(late)} behind the close"

    return judge


def _every_minute(played: Played) -> str:
    """One bar a minute, none twice and none left out, and orders on them."""
    steps = {later - earlier for earlier, later in pairwise(played.bars)}
    if steps != {NS_PER_MINUTE}:
        return f"bars lie {sorted(step // NS_PER_SECOND for step in steps)} s apart"
    return "" if played.sent else "nothing was sent"


def _disabled(played: Played) -> str:
    """Orders end with the code of a symbol that is not traded, and none reaches the terminal."""
    if played.desk.record.read_bytes():
        return "a request reached the terminal"
    return "" if played.ended[Retcode.TRADE_DISABLED] else f"orders ended with {dict(played.ended)}"


def _suspended_later(played: Played) -> str:
    """What was open stays, with its stop, and nothing new is opened."""
    before = [at for at in played.sent if at < played.desk.clock.now() - 2 * NS_PER_MINUTE]
    held = played.desk.terminal.positions_get()
    return "" if before and held else f"{len(before)} orders before, {len(held)} positions behind it"


def _withdraw(desk: Desk, seconds: float) -> None:
    """Take all money out of the account before it is traded."""
    if seconds < 0:
        scene = desk.server.inner.scene
        account = scene.world.account[0]
        scene.book.cash(desk.clock.now(), -int(account["balance"]), "withdrawal")
        account["balance"] = 0


def _suspend(after: float) -> Callable[[Desk, float], None]:
    """The broker stops trading in every symbol."""

    def meanwhile(desk: Desk, seconds: float) -> None:
        if seconds >= after or after < 0:
            suspend(desk)

    return meanwhile


def suspend(desk: Desk) -> None:
    """Let the broker take no order of any symbol any more."""
    scene, session = desk.server.inner.scene, desk.session
    mode = int(SymbolTradeMode.DISABLED)
    scene.symbols = tuple(replace(one, trade_mode=mode) for one in scene.symbols)
    closed = {one.spec.name: Permissions(trading=mode) for one in scene.symbols}
    session.options = replace(session.options, permissions=closed)


def _sized(method: str, **given: float) -> Callable[[Config], Config]:
    def change(config: Config) -> Config:
        return changed(config, sizing=changed(config.sizing, method=method, **given))

    return change


def _risk(**given: float) -> Callable[[Config], Config]:
    return lambda config: changed(config, risk=changed(config.risk, **given))


_CRYPTO = ServedOptions(symbols=("BTCUSD",))
LIMITS: Sequence[Limit] = (
    Limit("zero balance", _refused_for(Refusal.BALANCE_EXHAUSTED), meanwhile=_withdraw),
    Limit(
        "most positions", _refused_for(Refusal.IN_POSITION, sent=1), change=_risk(positions_per_strategy=1),
        params={"max_bars": "0"},
    ),
    Limit(
        "smallest volume", _refused_for(Refusal.VOLUME_BELOW_MINIMUM),
        change=_sized("fraction", notional=0.0001),
    ),
    Limit(
        "huge spread", _refused_for(Refusal.SPREAD), change=_risk(spread=5.0),
        market=ServedOptions(symbols=("EURUSD",), spread=100.0),
    ),
    Limit("weekend", _quiet, "2026-01-17T12:00Z"),
    Limit("close of the week", _closes_at("2026-01-16T22:00Z"), "2026-01-16T21:56Z", 8),
    Limit("clocks set ahead", _every_minute, "2026-03-08T06:57Z", 6, _CRYPTO),
    Limit("clocks set back", _every_minute, "2026-11-01T05:57Z", 6, _CRYPTO),
    Limit("into a leap day", _every_minute, "2028-02-28T23:57Z", 6),
    Limit("out of a leap day", _every_minute, "2028-02-29T23:57Z", 6),
    Limit("symbol suspended", _disabled, meanwhile=_suspend(-1.0)),
    Limit(
        "symbol suspended under way", _suspended_later, minutes=6, meanwhile=_suspend(200.0),
        params={"max_bars": "0"},
    ),
)  # fmt: skip
"""Every limit that is tried."""
