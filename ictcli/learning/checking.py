"""Has a version stayed what it was? Inputs and probabilities on newer bars, and health where labels matured.

Newer are the bars behind the last one of the training's series, so a lockbox is neither looked into nor
scored. Inputs need no labels; loss, Brier score and calibration are judged on events that do not overlap.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.clock import iso
from ictcli.config.records import Config, TrainConfig
from ictcli.errors import DataError
from ictcli.learning.events import Events
from ictcli.learning.labels.meta import meta_labels
from ictcli.learning.shifts import Shift, shift_of
from ictcli.learning.subject import label_series
from ictcli.learning.trust.drift import PageHinkley
from ictcli.market.timeframes import parse_timeframe
from ictcli.models.ensemble import log_losses
from ictcli.models.monitoring import Health, Thresholds, ensemble_state, member_health
from ictcli.models.predictor import Predictor
from ictcli.models.references import COMBINED, REFERENCES_FILE, Known, References
from ictcli.models.version import Version
from ictcli.research.accounts import Floor
from ictcli.research.backtest import Workshop
from ictcli.research.choices import Choice, NoParams, load_strategy
from ictcli.research.modelled import Described, Trained, describe, ready, require_match, trained
from ictcli.research.playing import decisions_of, settings_of
from ictcli.research.series import Series, load_finer, load_series
from ictcli.store.selection import Selection
from ictcli.strategies.decisions import ENTER
from ictcli.strategies.expression import Expression

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

_FEWEST = 30
"""Decisions on withheld bars below which they are too few to compare with."""
_NO_SAY = -1.0
"""Stands for a member that has no number, so that one that falls silent has shifted."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A version with the bars of its series as they are today.

    Attributes:
        version: to be checked.
        predictor: of it.
        series: bars from its first one on.
        described: their features.
        was: what its training saw.
        first_new: bar from which on everything is newer.
        choice: the strategy it judges, None for a model of direction.
    """

    version: Version
    predictor: Predictor
    series: Series
    described: Described
    was: Trained
    first_new: int
    choice: Choice | None

    def say(self, rows: Int64, side: Int64) -> Floats:
        """Calibrated probabilities of events."""
        if not len(rows):
            return np.zeros(0)
        return self.predictor.probabilities(self.described.matrix.values, rows, self.inputs(side))

    def members(self, rows: Int64, side: Int64) -> Floats:
        """What every member says, and behind it the calibrated probability; shape (n, members + 1)."""
        if not len(rows):
            return np.zeros((0, len(self.version.card.members) + 1))
        values = self.described.matrix.values
        found = self.predictor.member_probabilities(values, rows, self.inputs(side))
        return np.column_stack([found, self.say(rows, side)])

    def inputs(self, side: Int64) -> Floats:
        """Inputs of events themselves."""
        width = len(self.version.card.extra)
        return side.astype(np.float64).reshape(-1, 1) if width else np.zeros((len(side), 0))


def check(version: Version, shop: Workshop) -> dict[str, Any]:
    """Everything that newer bars say of a version, as plain values.

    Raises:
        DataError: there are no newer bars, features are other ones, or a file is damaged.
        ConfigError: the strategy is not the one of the training, or a package is missing.
        UsageError: there is no such strategy.
    """
    subject = subject_of(version, shop)
    references = References.decode(version.read(REFERENCES_FILE), f"{version.reference}/{REFERENCES_FILE}")
    rows, side = decided(subject, shop.config)
    parts = parts_of(subject, rows)
    shifts = column_shifts(subject, rows[parts.learned], rows[parts.new])
    said = member_shifts(subject, tuple(references.members), rows, side, parts)
    events = apart(matured(subject, shop))
    healths = health_of(subject, references, events)
    alarm = decay(references.combined, subject.say(events.start, events.side), events.label)
    if alarm["bar"] is not None:
        alarm["at"] = iso(int(subject.described.bars.ts_close[events.end[alarm["bar"]]]))
    return _document(subject, parts, shifts, said, healths, alarm)


def subject_of(version: Version, shop: Workshop) -> Subject:
    """A version and today's bars of its series.

    Raises:
        DataError: no bar is newer than those of the training.
    """
    card, config = version.card, shop.config
    selection = Selection(
        parse_timeframe(card.series.timeframe), card.series.source, None, None, config.primary
    )
    series = load_series(shop.store, shop.book, card.series.symbol, selection)
    choice = _choice(version)
    require_match(version, [choice] if choice else [], [series])
    was = trained(version)
    if int(series.bars.ts_close[-1]) <= was.last:
        raise DataError(
            f"no bars are newer than those of {version.reference}, which end at {iso(was.last)}",
            hint=f"Fetch newer ones of {card.series.symbol} first.",
        )
    since = int(np.searchsorted(series.bars.ts, card.span_first))  # earlier ones may have been added
    series = replace(series, bars=series.bars.slice(since, len(series.bars)))
    predictor, described = ready(version), describe(version, series, shop.store, config)
    first_new = int(np.searchsorted(described.bars.ts_close, was.last, side="right"))
    series = replace(series, bars=described.bars)
    return Subject(version, predictor, series, described, was, first_new, choice)


def _choice(version: Version) -> Choice | None:
    """The strategy that a version judges, with the parameters of its training."""
    card = version.card
    if not card.strategy:
        return None
    strategy, source = load_strategy(card.strategy)
    if isinstance(strategy, Expression):
        return Choice(strategy, NoParams(), source)
    return Choice(strategy, msgspec.convert(card.label.get("params", {}), strategy.params), source)


def decided(subject: Subject, config: Config) -> tuple[Int64, Int64]:
    """Bars at which the version is asked, and sides: of the strategy's entries, or every bar with side 0."""
    warmup = subject.described.matrix.warmup
    if subject.choice is None:
        rows = np.arange(warmup, len(subject.described.bars))
        return rows, np.zeros(len(rows), np.int64)
    found = decisions_of(subject.choice, subject.series, settings_of(subject.series, config))
    found = found[(found["kind"] == ENTER) & (found["reduce_only"] == 0) & (found["bar"] >= warmup)]
    return found["bar"].copy(), found["side"].copy()


@dataclass(frozen=True, slots=True)
class Parts:
    """Which decisions belong where, as flags.

    Attributes:
        learned: those of the bars that the version learned from.
        unseen: what new probabilities are compared with: the withheld bars, whose inputs alone are looked
            at; where these are too few, the learned ones, on which a model is surer than elsewhere.
        new: those of the newer bars.
        withheld: whether ``unseen`` is of withheld bars.
    """

    learned: Flags
    unseen: Flags
    new: Flags
    withheld: bool


def parts_of(subject: Subject, rows: Int64) -> Parts:
    """Where decisions belong."""
    new = rows >= subject.first_new
    learned = subject.described.bars.ts_close[rows] <= subject.version.card.span_last
    between = ~new & ~learned
    enough = int(between.sum()) >= _FEWEST
    return Parts(learned, between if enough else learned, new, enough)


def member_shifts(
    subject: Subject, names: Sequence[str], rows: Int64, side: Int64, parts: Parts
) -> list[Shift]:
    """The probabilities of every member, and behind them what they say together."""
    spoken = [subject.members(rows[part], side[part]) for part in (parts.unseen, parts.new)]
    before, now = (np.where(np.isnan(one), _NO_SAY, one) for one in spoken)
    columns = len(names) + 1
    return [shift_of(name, before[:, at], now[:, at], columns) for at, name in enumerate((*names, COMBINED))]


def column_shifts(subject: Subject, before: Int64, now: Int64) -> list[Shift]:
    """Every feature against training, those that moved farthest first."""
    values, names = subject.described.matrix.values, subject.version.card.features
    found = [shift_of(name, values[before, at], values[now, at], len(names)) for at, name in enumerate(names)]
    return sorted(found, key=lambda one: one.chance - one.psi)


def matured(subject: Subject, shop: Workshop) -> Events:
    """Events that began after everything that the training had, and whose labels are known by now."""
    plan = msgspec.convert(subject.was.plan, TrainConfig)
    if subject.choice is None:
        first = max(subject.first_new, subject.described.matrix.warmup)
        return label_series(subject.series, plan, shop.config, first).events
    fine, _ = (
        load_finer(shop.store, subject.series, None, None) if shop.config.backtest.resolve else (None, "")
    )
    events = meta_labels(Floor((subject.series,), 1, (fine,)), subject.choice, shop.config)[0].events
    return events.take(events.start >= subject.first_new)


def apart(events: Events) -> Events:
    """Events of which none overlaps another: each the first to begin after the one before it has ended.

    Those that end first would be more, but that choice knows the future: it takes the eve of every move.
    """
    kept, last = [], -1
    for at, (start, end) in enumerate(zip(events.start.tolist(), events.end.tolist(), strict=True)):
        if start >= last:
            kept.append(at)
            last = end
    return events.take(np.array(kept, np.int64))


def health_of(subject: Subject, references: References, events: Events) -> list[Health]:
    """The members on matured events, and behind them what they say together; shifts are judged elsewhere."""
    spoken = subject.members(events.start, events.side)
    known = {**references.members, COMBINED: references.combined}
    limits = Thresholds(psi=(math.inf, math.inf))
    return [
        member_health(one.reference(name, spoken[:, at]), spoken[:, at], events.label, thresholds=limits)
        for at, (name, one) in enumerate(known.items())
    ]


def decay(known: Known, probabilities: Floats, labels: Int64) -> dict[str, Any]:
    """The test of Page and Hinkley on the log-loss of events in order of time.

    It rings when the loss has risen by what makes a member ``bad``, for longer than chance does.
    """
    facts = {"events": len(labels), "behind": 0.0, "threshold": None, "rings": False, "bar": None, "at": None}
    if not known.deviation > 0.0:
        return facts
    watch = PageHinkley(
        -known.log_loss, known.deviation, round(known.independent), fall=Thresholds().log_loss[1]
    )
    facts["threshold"] = watch.threshold
    losses = np.where(labels == 1, log_losses(probabilities, 1), log_losses(probabilities, 0))
    for at, loss in enumerate(losses.tolist()):
        if not np.isnan(loss) and watch.add(-loss) and facts["bar"] is None:
            facts |= {"rings": True, "bar": at}
    facts["behind"] = watch.behind
    return facts


def _document(
    subject: Subject,
    parts: Parts,
    shifts: Sequence[Shift],
    said: Sequence[Shift],
    healths: Sequence[Health],
    alarm: dict[str, Any],
) -> dict[str, Any]:
    bars, version = subject.described.bars, subject.version
    fewest = Thresholds().fewest
    together = healths[-1]
    findings = [f"{one.name} has shifted" for one in shifts if one.state == "bad"]
    findings += [f"probabilities of {one.name} have shifted" for one in said if one.state == "bad"]
    findings += [
        f"{one.name}: {one.findings[0].removeprefix('bad: ')}" for one in healths if one.state == "bad"
    ]
    findings += ["the log-loss has risen"] if alarm["rings"] else []
    watched = [*(one.state for one in (*shifts, *said)), together.state]
    fine = ensemble_state(healths[:-1]) == "ok" and all(state == "ok" for state in watched)
    return {
        "model": version.reference,
        "trained_to": iso(subject.was.last),
        "first": iso(int(bars.ts[subject.first_new])),
        "last": iso(int(bars.ts_close[-1])),
        "bars": len(bars) - subject.first_new,
        "decisions": int(parts.new.sum()),
        "events": together.events + together.unknown,
        "judged": together.events >= fewest,
        "fewest": fewest,
        "state": "bad" if findings else "ok" if fine else "warn",
        "findings": findings,
        "features": [_plain(asdict(one)) for one in shifts],
        "against": "withheld bars" if parts.withheld else "training",
        "probabilities": [_plain(asdict(one)) for one in said],
        "members": [_plain(asdict(one)) for one in healths],
        "page_hinkley": {name: value for name, value in alarm.items() if name != "bar"},
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Numbers that are none as None."""
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in values.items()
    }
