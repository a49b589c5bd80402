"""A ledger with what the core decides, and a backtest fills, on the same bars."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ictcli.clock import parse_instant
from ictcli.errors import DataError
from ictcli.ledger.address import LedgerName, place_of
from ictcli.ledger.bodies import BarTaken
from ictcli.ledger.faults import NoLedger
from ictcli.ledger.moved import require_here
from ictcli.ledger.opening import copied
from ictcli.ledger.stored import entry_of
from ictcli.reconcile.against_backtest import Comparison, against_backtest, plain
from ictcli.reconcile.comparing import counted
from ictcli.reconcile.differences import differences
from ictcli.reconcile.findings import Kind, finding
from ictcli.reconcile.from_ledger import ledger_accounts, ledger_faults, only_projections
from ictcli.reconcile.keeping import Kept
from ictcli.reconcile.matching import Verdict
from ictcli.reconcile.model_fills import FillRow
from ictcli.reconcile.outcome import Outcome
from ictcli.reconcile.request import ReconcileRequest, World
from ictcli.reconcile.rules.account import ACCOUNT
from ictcli.reconcile.story import Window
from ictcli.research.backtest import Workshop

_SLIPPED = (
    "ts",
    "symbol",
    "strategy",
    "part",
    "side",
    "volume",
    "price",
    "model_price",
    "slippage",
    "intent",
)
"""What is told of a fill at another price."""


def compare_with_backtest(request: ReconcileRequest, world: World, _kept: Kept) -> Outcome:
    """Every decision and fill of the period, which ends with the last bar that the ledger has.

    Raises:
        DataError: there is no such ledger, it has no bars, or what was traded changed since.
        ConfigError: a symbol has no specification any more.
    """
    place = place_of(request.ledger, world.state, world.environ)
    require_here(place)
    if not place.exists:
        raise NoLedger(place.address)
    faults = ledger_faults(place)
    with copied(place) as stored:
        entries = [entry_of(event) for event in stored.events()]
    last = max((one.body.ts_close for one in entries if isinstance(one.body, BarTaken)), default=0)
    if not last:
        raise DataError(f"the {request.ledger} ledger has no bars", hint="Trade first: `ictcli trade`.")
    window = Window(parse_instant(request.since or world.settings.since, now=last), last)
    files = tuple(one for one in world.config.trade.strategies if ".py" in one)
    account = ledger_accounts(place)[-1]
    folder = checkpoints_of(request.ledger, account, world.state)
    shop = Workshop(world.store, world.book, world.config, world.folder)
    found = against_backtest(entries, window, folder, shop, world.progress, files)
    verdict = _verdict(found, faults)
    causes = () if only_projections(faults) else tuple(one.name for one in verdict.findings)
    events, anchors = counted(place)
    return Outcome(
        mode="backtest", ledger=request.ledger, against="the backtest", account=account, currency="",
        window=replace(window, since=max(window.since, found.since)), verdict=verdict,
        events=events, anchors=anchors, details=details_of(found),
        differences=differences(found.differing, causes),
        compared={"bars": found.bars, "decisions": len(found.decisions), "fills": len(found.fills)},
    )  # fmt: skip


def checkpoints_of(ledger: LedgerName, account: str, state: Path) -> Path:
    """Where the trader of a ledger keeps its checkpoints."""
    if ledger == "broker":
        return state / f"live-{account.rpartition('/')[2]}"
    return state / ledger / "checkpoints"


def _verdict(found: Comparison, faults: tuple[str, ...]) -> Verdict:
    broken = tuple(
        finding(
            Kind.LEDGER_INTEGRITY,
            ACCOUNT,
            ({"fault": fault},),
            field=str(number) if len(faults) > 1 else "",
            note=fault,
        )
        for number, fault in enumerate(faults, 1)
    )
    return Verdict("clean" if found.same and not broken else "findings", broken)


def details_of(found: Comparison) -> dict[str, Any]:
    """What was compared, and fills at another price, as plain values; what differs is told by itself."""
    told = found.document()
    decisions, fills = told["decisions"], told["fills"]
    return {
        **{name: told[name] for name in ("same", "bars", "late_bars")},
        "decisions_compared": decisions["compared"],
        "decisions_different": decisions["different"],
        "fills_since": fills["since"],
        "fills_compared": fills["compared"],
        "fills_only_in_the_ledger": fills["only_ledger"],
        "fills_only_in_the_backtest": fills["only_model"],
        "fills_of_another_volume": fills["other_volume"],
        "fills_at_another_price": fills["other_price"],
        "slippage_points": fills["slippage_points"],
        "first_difference": told["first_difference"],
        "notes": told["notes"],
        "slipped": [_slipped(row) for row in found.fills if row.as_much and not row.same],
    }


def _slipped(row: FillRow) -> dict[str, Any]:
    told = plain(row)
    return {name: told[name] for name in _SLIPPED}
