"""``ictcli detect --score``: how well detectors announce moves, and what acting on them would earn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.detectors import journal
    from ictcli.research.alerts.detections import Study, Subject


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What to score.

    Attributes:
        names: detectors, all when empty.
        start, end: bounds of the bars, nanoseconds UTC, end exclusive; None for all.
        gate: gate file; None asks for no verdict.
        seed: of baselines and intervals; None takes the configured one.
    """

    names: tuple[str, ...]
    start: int | None
    end: int | None
    gate: Path | None
    seed: int | None


def show_scores(session: Session, series: Sequence["journal.Subject"], request: ScoreRequest) -> None:
    """Score detectors on stored series and print the result; exit 3 unless the gate passes.

    Raises:
        ConfigError: the gate file is wrong, or a symbol has no specification to take costs from.
        DataError: a series has no closed bars, or unsound ones.
    """
    from ictcli.reports.alert_scores import score_text
    from ictcli.research.alerts.detections import score_detections, score_document
    from ictcli.research.alerts.gate import load_alert_gate

    gate = str(request.gate) if request.gate else None
    checks = load_alert_gate(session.find_file(request.gate)) if request.gate else ()
    subjects = [_subject(session, one, request) for one in series]
    with session.out.progress("scoring") as progress:
        result = score_detections(
            subjects, _study(session, request), gate=(gate, checks) if gate else None, progress=progress
        )
    document = score_document(result, gate)
    session.out.emit(document, lambda: score_text(document, session.out.table))
    if result.verdict not in {None, "PASS"}:
        word = "failed" if result.verdict == "FAIL" else "is inconclusive"
        session.out.finding(f"the gate {word}", "docs/detect-score.md says what each number means.")


def _subject(session: Session, series: "journal.Subject", request: ScoreRequest) -> "Subject":
    from ictcli.detectors.journal import closed_bars, other_bars, plan_of
    from ictcli.research.alerts.detections import Subject
    from ictcli.research.alerts.trades import costs_of

    config = session.config.config
    spec = session.book.require(series.stored.symbol)
    bars = closed_bars(session.store, series)
    return Subject(
        key=series.key,
        bars=bars,
        plan=plan_of(series, config.detect, request.names),
        costs=costs_of(spec, bars.digits, config.backtest.slippage_points),
        other=other_bars(session.store, series),
        start=request.start,
        end=request.end,
    )


def _study(session: Session, request: ScoreRequest) -> "Study":
    from ictcli.research.alerts.chance import Draws
    from ictcli.research.alerts.detections import Study
    from ictcli.research.alerts.universe import Rules
    from ictcli.research.metrics.values import Resampling

    config = session.config.config.backtest
    seed = config.seed if request.seed is None else request.seed
    return Study(Rules(), Draws(seed=seed), Resampling(config.resamples, seed, config.confidence))
