"""From paper to live and back: what a strategy must have shown, signed, and what takes it back.

The evidence is worked out from the journal, which is chained and signed itself; the file holds the last
verdict and every demotion, so that a demotion outlives the journal it came from. A file that was edited
proves nothing.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ictcli.config.trading import TradeConfig
from ictcli.ledger.log import Entry
from ictcli.research.choices import Choice
from ictcli.store.atomic import write_file
from ictcli.trading.track_record import Evidence, gather

if TYPE_CHECKING:
    from ictcli.models.version import Version

FOLDER = "graduation"
_HASH = 12
_ENOUGH_LIVE = 20
"""Live orders before their slippage can take a strategy back: a few bad fills prove nothing."""


class Demotion(msgspec.Struct, frozen=True):
    """A strategy went back to paper: why and when, ns UTC."""

    mark: str
    reason: str
    ts: int


class _Kept(msgspec.Struct, frozen=True):
    """What a file holds beside its signature."""

    evidence: dict[str, Evidence]
    demotions: tuple[Demotion, ...]


class _Signed(msgspec.Struct, frozen=True):
    kept: msgspec.Raw
    signature: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a strategy may trade live.

    Attributes:
        mark: strategy with version, parameters and model.
        evidence: since its last demotion.
        missing: what it lacks, in words; empty for one that graduated.
        demotions: of this mark, oldest first.
    """

    mark: str
    evidence: Evidence
    missing: tuple[str, ...]
    demotions: tuple[Demotion, ...]

    @property
    def graduated(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    @property
    def shown(self) -> str:
        """What its paper trades came to: none of the criteria asks for profit, so a person must see it."""
        seen = self.evidence
        word = "lost" if seen.net < 0 else "won"
        return f"{seen.trades} paper trades {word} {abs(seen.net)} net" if seen.trades else "no paper trades"


def strategy_mark(choice: Choice, model: "Version | None") -> str:
    """A strategy as evidence knows it: ``name@version:hash`` of parameters, source file and model.

    Args:
        choice: strategy and parameters.
        model: that judges it, or is traded alone; a hash over its files is part of the mark.
    """
    facts: list[Any] = [msgspec.to_builtins(choice.params), choice.source, {}]
    if model is not None:
        facts[2] = {"model": model.reference, "content": model.content, "thresholds": model.card.thresholds}
    text = msgspec.json.encode(facts, order="sorted")
    return f"{choice.strategy.name}@{choice.version}:{hashlib.sha256(text).hexdigest()[:_HASH]}"


class Graduations:
    """The files of one workspace.

    Args:
        state: the workspace's state folder.
        key: of the workspace, for signatures.
    """

    def __init__(self, state: Path, key: bytes) -> None:
        self._folder = state / FOLDER
        self._key = key

    def review(
        self, journals: Iterable[Iterable[Entry]], mark: str, config: TradeConfig, assumed: float, now: int
    ) -> Standing:
        """Work out where a strategy stands, take it back when it must be, and keep the verdict.

        Args:
            journals: whole ones, one per account: what was shown on paper counts wherever it was shown.
            mark: of the strategy.
            config: what it must have shown.
            assumed: slippage that backtests assume, points.
            now: ns UTC, of a demotion.

        Raises:
            DataError: the disk refuses.
        """
        kept, sound = self._load(mark)
        own = [one for one in kept.demotions if one.mark == mark]
        evidence = gather(journals, mark, own[-1].ts if own else 0)
        if reason := demotion_reason(evidence, config, assumed):
            own.append(Demotion(mark, reason, now))
            evidence = Evidence(mark, since=now)
        missing = list(lacking(evidence, config, assumed))
        if own and missing:
            missing.insert(0, f"went back to paper: {own[-1].reason}")
        if not sound:
            missing.insert(0, f"{self._file(mark)} was changed by another hand; remove it to begin anew")
        standing = Standing(mark, evidence, tuple(missing), tuple(own))
        if sound:
            self._save(kept, standing)
        return standing

    def _load(self, mark: str) -> tuple[_Kept, bool]:
        """What is kept, and whether its signature holds; an absent file holds nothing and is sound."""
        nothing = _Kept({}, ())
        path = self._file(mark)
        if not path.exists():
            return nothing, True
        try:
            signed = msgspec.json.decode(path.read_bytes(), type=_Signed)
            content = bytes(signed.kept)
            if not hmac.compare_digest(self._sign(content), signed.signature):
                return nothing, False
            return msgspec.json.decode(content, type=_Kept), True
        except (OSError, msgspec.DecodeError, TypeError):
            return nothing, False

    def _save(self, kept: _Kept, standing: Standing) -> None:
        others = [one for one in kept.demotions if one.mark != standing.mark]
        fresh = _Kept({**kept.evidence, standing.mark: standing.evidence}, (*others, *standing.demotions))
        content = msgspec.json.encode(fresh, order="sorted")
        path = self._file(standing.mark)
        data = msgspec.json.encode(_Signed(msgspec.Raw(content), self._sign(content)))
        if not path.exists() or path.read_bytes() != data:
            write_file(path, data, private=True)

    def _sign(self, content: bytes) -> str:
        return hmac.new(self._key, b"graduation\n" + content, hashlib.sha256).hexdigest()

    def _file(self, mark: str) -> Path:
        return self._folder / f"{mark.split('@', maxsplit=1)[0]}.json"


def lacking(evidence: Evidence, config: TradeConfig, assumed: float) -> Iterable[str]:
    """What a strategy has not shown yet, one line each."""
    counts = (
        ("paper trades", evidence.trades, config.graduation_trades),
        ("days on paper", evidence.days, config.graduation_days),
        ("clean reconciliations in a row", evidence.reconciled, config.graduation_reconciled),
    )
    for what, have, need in counts:
        if have < need:
            yield f"{what}: {have} of {need}"
    most = allowed_slippage(config, assumed)
    if evidence.orders and evidence.slippage > most:
        yield f"slippage: {evidence.slippage:.2f} points a fill, at most {most:.2f}"
    if evidence.severe:
        yield f"critical alerts: {evidence.severe}"


def demotion_reason(evidence: Evidence, config: TradeConfig, assumed: float) -> str:
    """Why what it did live takes a strategy back to paper; empty while nothing does."""
    if evidence.drawdown > config.demotion_drawdown:
        return f"drawdown {evidence.drawdown:.1%} of at most {config.demotion_drawdown:.1%}"
    if evidence.live_trades and evidence.severe:
        return f"critical alerts: {evidence.severe}"
    most = allowed_slippage(config, assumed)
    if evidence.live_orders >= _ENOUGH_LIVE and evidence.live_slippage > most:
        return f"slippage {evidence.live_slippage:.2f} points a fill of at most {most:.2f}"
    return ""


def allowed_slippage(config: TradeConfig, assumed: float) -> float:
    """Most mean slippage in points: the configured multiple of what backtests assume plus a point."""
    return config.graduation_slippage * (assumed + 1.0)
