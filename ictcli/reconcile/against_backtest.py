"""A ledger's decisions and fills against the core's: the recorded bars once more, through the same decisions.

From a checkpoint on the trader of the ledger is brought forward with its own deals, deciding once more on
every bar; each decision must be the one that was written. From the first bar at which nothing was open the
same trader also trades those bars at a simulated terminal, as a backtest does, and what it was filled at
there stands beside what the broker filled. Orders are told apart by their intents, whose names follow from
what was decided.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ictcli.clock import iso
from ictcli.errors import DataError
from ictcli.ledger.bodies import BarTaken, Checkpoint, Start
from ictcli.ledger.log import Entry
from ictcli.market.bars import Bars
from ictcli.reconcile.countable import require_countable
from ictcli.reconcile.decisions_again import DecisionRow, Heard, compare_decisions, written
from ictcli.reconcile.finer_bars import finer_of
from ictcli.reconcile.model_fills import FillRow, compare_fills, model_run
from ictcli.reconcile.recorded_bars import Taken, require_all, series_of, taken
from ictcli.reconcile.same_core import Core, Traded, core_of
from ictcli.reconcile.story import Window
from ictcli.research.backtest import Workshop
from ictcli.telemetry import Progress
from ictcli.trading.catching_up import catch_up
from ictcli.trading.checkpoints import TraderState, read_checkpoint, restore, state_of
from ictcli.trading.feeds import feeds_of
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.playback import VirtualClock
from ictcli.trading.simulated_world import simulated_world
from ictcli.trading.trader import Trader
from ictcli.trading.wishes import Header


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it.

    Attributes:
        since, until: bars that closed within were compared, ns UTC.
        filled_since: from which bar on fills were compared, ns UTC; None: something was open all the time.
        bars: how many were decided on once more.
        late: how many of them the trader had only learned from.
        decisions: strategies at bars, where either side has a word.
        fills: orders and ends of positions.
        notes: what limits the comparison, in words.
    """

    since: int
    until: int
    filled_since: int | None
    bars: int
    late: int
    decisions: tuple[DecisionRow, ...]
    fills: tuple[FillRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether all was decided alike and every order filled as much, at whatever price."""
        return not self.differing

    @property
    def differing(self) -> list[DecisionRow | FillRow]:
        """Other decisions, and fills on one side only or of another volume; no price that slipped."""
        decided = [row for row in self.decisions if not row.same]
        return [*decided, *(row for row in self.fills if not row.as_much)]

    @property
    def first(self) -> DecisionRow | FillRow | None:
        """The earliest difference."""
        return min(self.differing, key=lambda row: (row.bar, isinstance(row, FillRow)), default=None)

    def document(self) -> dict[str, Any]:
        """Counts, slippage, the first difference, and every row that differs, also by a price alone."""
        slipped = [one.slippage for one in self.fills if one.slippage is not None]
        return {
            "since": iso(self.since),
            "until": iso(self.until),
            "bars": self.bars,
            "late_bars": self.late,
            "same": self.same,
            "decisions": {
                "compared": len(self.decisions),
                "different": sum(not one.same for one in self.decisions),
                "rows": _rows(self.decisions),
            },
            "fills": {
                "since": None if self.filled_since is None else iso(self.filled_since),
                "compared": len(self.fills),
                "only_ledger": sum(not one.model_volume for one in self.fills),
                "only_model": sum(not one.volume for one in self.fills),
                "other_volume": sum(one.slippage is not None and not one.as_much for one in self.fills),
                "other_price": sum(bool(points) for points in slipped),
                "slippage_points": {
                    "mean": sum(slipped) / len(slipped) if slipped else None,
                    "worst": max(slipped, default=None),
                    "best": min(slipped, default=None),
                },
                "rows": _rows(self.fills),
            },
            "first_difference": None if self.first is None else plain(self.first),
            "notes": list(self.notes),
        }


def plain(row: DecisionRow | FillRow) -> dict[str, Any]:
    """A row as plain values, instants in words."""
    found: dict[str, Any] = asdict(row)
    for name in ("bar", "ts", "model_ts"):
        if name in found:
            found[name] = iso(found[name]) if found[name] else None
    for name in ("volume", "price", "model_volume", "model_price"):
        if name in found:
            found[name] = format(found[name].normalize(), "f")
    return {"kind": "fill" if isinstance(row, FillRow) else "decision"} | found


def _rows(rows: Sequence[DecisionRow | FillRow]) -> list[dict[str, Any]]:
    return [plain(row) for row in rows if not row.same]


def against_backtest(
    entries: Sequence[Entry],
    window: Window,
    folder: Path,
    shop: Workshop,
    progress: Progress,
    files: Sequence[str] = (),
) -> Comparison:
    """Replay the bars of a period through the decision core.

    Args:
        entries: the whole ledger.
        window: bars that closed within are compared.
        folder: of the trader's checkpoints.
        shop: the workspace as it is.
        progress: told as bars are played.
        files: of strategies that are not installed, as ``FILE.py:NAME``.

    Raises:
        DataError: no checkpoint reaches back, bars are missing, what was traded changed since, or a deal is
            none that a trader could have booked; says which.
        ConfigError: a symbol has no specification any more, or money cannot be counted.
    """
    state, notes = _beginning(entries, window, folder)
    bars = taken(entries, state.seq, window.until)
    if not bars:
        raise DataError(
            f"the ledger holds no bars between {iso(state.at)} and {iso(window.until)}",
            hint="Choose a longer period: --since.",
        )
    require_all(entries, state.seq, state.at, window.until)
    traded = Traded.of(state)
    core = core_of(state, traded, series_of(bars, traded.series), shop, files)
    _require_marks(core, entries, state.seq, bars[-1].seq)
    since = max(window.since, state.at + 1)
    told = _up_to(entries, bars[-1].seq)
    again = _Again(core, state, told)
    fork = again.run(since)
    digits = {one.bar.symbol: one.bar.digits for one in bars}
    until = again.heard.last if again.strange else window.until
    notes = (*notes, f"{again.strange}, behind {iso(until)}") if again.strange else notes
    decisions = compare_decisions(written(told, state.seq), again.heard.found, since, until, digits)
    fills: list[FillRow] = []
    filled_since = None
    if fork is None:
        notes = (*notes, "something was open at every bar: fills are not compared")
    else:
        behind = [one for one in bars if one.seq > fork.state.seq]
        filled_since = behind[0].bar.ts_close
        fills, more = _fills(core, fork, behind, told, progress)
        notes = (*notes, *more)
    compared = [one.bar for one in bars if since <= one.bar.ts_close <= until]
    found = Comparison(
        since, window.until, filled_since, len(compared), sum(one.late for one in compared),
        tuple(decisions), tuple(fills), notes,
    )  # fmt: skip
    if again.strange and found.same:
        raise DataError(notes[-1], hint="Hold the ledger against its broker first: `ictcli reconcile`.")
    return found


def _fills(
    core: Core, fork: "_Fork", behind: Sequence[Taken], told: Sequence[Entry], progress: Progress
) -> tuple[list[FillRow], tuple[str, ...]]:
    """Fills beside those of a backtest, which resolves bars by shorter ones where they are stored.

    Where a ledger has other fills and they are those of its bars alone, it was traded before there were
    shorter ones.
    """
    since, until = behind[0].bar.ts_close, behind[-1].bar.ts_close
    names = [(one.spec.name, own) for one, own in zip(core.floor.series, core.timeframes, strict=True)]

    def filled(fine: Sequence[Bars | None]) -> list[FillRow]:
        model = model_run(core, fork.state, behind, fine, fork.book, progress)
        return compare_fills(told, model, since, until)

    fine = finer_of(core, series_of(behind, names))
    fills = filled(fine)
    if all(row.as_much for row in fills) or not any(fine):
        return fills, ()
    alone = filled([None] * len(fine))
    if sum(not row.as_much for row in alone) >= sum(not row.as_much for row in fills):
        return fills, ()
    return alone, ("compared with a backtest of the recorded bars alone: the shorter ones give other fills",)


def _beginning(entries: Sequence[Entry], window: Window, folder: Path) -> tuple[TraderState, tuple[str, ...]]:
    """The last state that can be read from before the period, or the earliest within it.

    Raises:
        DataError: there is none.
    """
    named = [entry.body for entry in entries if isinstance(entry.body, Checkpoint)]
    before = [body for body in reversed(named) if body.at < window.since]
    within = [body for body in named if window.since <= body.at < window.until]
    for body in [*before, *within]:
        try:
            state = read_checkpoint(folder, body)
        except DataError:
            continue
        late = body.at >= window.since
        return state, ((f"no checkpoint reaches back beyond {iso(body.at)}",) if late else ())
    raise DataError(
        f"no checkpoint from before {iso(window.until)} can be read: nothing can be decided once more",
        hint="The last days have some: choose a later period, or reconcile every night.",
    )


def _require_marks(core: Core, entries: Sequence[Entry], after: int, last: int) -> None:
    """Refuse sessions that traded other strategies or another version of the model.

    Raises:
        DataError: names what was traded.
    """
    starts = [entry for entry in entries if isinstance(entry.body, Start) and entry.seq <= last]
    begun = max((entry.seq for entry in starts if entry.seq <= after), default=0)
    for entry in starts:
        if entry.seq >= begun and isinstance(entry.body, Start) and entry.body.strategies != core.marks:
            raise DataError(
                f"a session of the period traded {', '.join(entry.body.strategies)}, which today are "
                f"{', '.join(core.marks)}",
                hint="Undo the change in a copy of the workspace, or choose a period after it: --since.",
            )


def _up_to(entries: Sequence[Entry], last: int) -> list[Entry]:
    """Everything before the bar behind the last one that counts."""
    following = (entry.seq for entry in entries if entry.seq > last and isinstance(entry.body, BarTaken))
    end = next(following, None)
    return [entry for entry in entries if end is None or entry.seq < end]


@dataclass(frozen=True, slots=True)
class _Fork:
    """The trader with nothing open, and the ledger up to there."""

    state: TraderState
    book: OrderBook


class _Again:
    """The trader of a ledger, deciding once more.

    Args:
        core: of what it is made.
        state: where it begins.
        told: events of the ledger.
    """

    def __init__(self, core: Core, state: TraderState, told: Sequence[Entry]) -> None:
        self._core, self._state, self._told = core, state, told
        assembled = core.assemble()
        clock = VirtualClock(state.at)
        _, market = feeds_of(core.floor)
        world = simulated_world(market, core.shop.config, clock.now, clock.sleep)
        account = assembled.account
        units = {one.symbol: one for one in account.units}
        require_countable(told, state.seq, units, account.units[0])
        self._trader = Trader(account, world.broker, Header(_login(told), account.names, ""), clock.now)
        restore(self._trader, state)
        self.heard = Heard(account)
        self.strange = ""  # why deciding ended before the ledger does

    def run(self, since: int) -> _Fork | None:
        """Decide to the end of the ledger's part; where nothing was open first, from a bar on."""
        at = _flat_before(self._told, self._state.seq, since)
        seq, close, fork = self._state.seq, self._state.at, None
        try:
            if at is not None:
                close = self._bring(seq, close, at)
                seq, fork = at, self._fork(at, close)
            self._bring(seq, close, self._told[-1].seq)
        except KeyError:  # a deal before it is another one, or is missing
            self.strange = "nothing is decided once more where a deal of an order not decided is booked"
        return fork

    def _bring(self, after: int, close: int, until: int) -> int:
        """Bring the trader up to an event; the close of the last bar then."""
        entries = [entry for entry in self._told if entry.seq <= until]
        state = catch_up(self._trader, entries, after, close, self._core.timeframes, self.heard)
        for wish in state.unsent:
            self._trader.drop(wish)
        return state.at

    def _fork(self, seq: int, close: int) -> _Fork | None:
        """The trader as it stands, unless its account has something open that its broker has not."""
        account = self._trader.account
        series = range(len(account.units))
        if any(account.desk.live_orders(s) or account.desk.live_positions(s) for s in series):
            return None
        book = OrderBook()
        book.apply_all(entry for entry in self._told if entry.seq <= seq)
        state = self._state
        return _Fork(state_of(self._trader, seq, close, state.start, state.identity, state.money), book)


def _flat_before(told: Sequence[Entry], after: int, since: int) -> int | None:
    """Number of the event before the first bar of the period at which nothing was open; None for never."""
    book, instant = OrderBook(), 0
    for entry in told:
        body = entry.body
        if entry.seq > after and isinstance(body, BarTaken) and body.ts_close != instant:
            instant = body.ts_close
            if instant >= since and not (book.positions or book.working or book.pending):
                return entry.seq - 1
        book.apply(body, entry.ts)
    return None


def _login(told: Sequence[Entry]) -> int:
    return next((entry.body.account for entry in reversed(told) if isinstance(entry.body, Start)), 0)
