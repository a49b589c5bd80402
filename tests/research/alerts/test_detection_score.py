"""From bars and detectors to scores: adapter, spans, baselines, documents."""

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.drive import advance, describe, first_context, start
from ictcli.detectors.plan import Plan, Settings
from ictcli.detectors.scan import plan_for
from ictcli.errors import DataError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.output import encode
from ictcli.reports.alert_scores import score_text
from ictcli.research.alerts.chance import Draws
from ictcli.research.alerts.detections import (
    TRIVIAL,
    DetectionScore,
    Study,
    Subject,
    confirmations,
    score_detections,
    score_document,
    score_series,
)
from ictcli.research.alerts.gate import AlertCheck
from ictcli.research.alerts.moves import find_moves
from ictcli.research.alerts.trades import Costs
from ictcli.research.alerts.universe import Rules
from ictcli.research.metrics.values import Resampling
from tests.research.alerts.alert_worlds import QUARTER, walk

KEY = SeriesKey("sim", "EURUSD", TIMEFRAMES["M15"])
STUDY = Study(Rules(), Draws(shifts=50, scattered=5, shuffles=2), Resampling(200, 1, 0.95))
CAPTURE = AlertCheck(metric="capture", op=">=", value=0.85)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_for(["displacement", "structure"], Settings(QUARTER, always_open=True))


@pytest.fixture(scope="module")
def bars() -> Bars:
    return walk(3000, seed=1)


@pytest.fixture(scope="module")
def subject(plan: Plan, bars: Bars) -> Subject:
    return Subject(KEY, bars, plan, Costs())


@pytest.fixture(scope="module")
def result(subject: Subject) -> DetectionScore:
    return score_detections([subject], STUDY, gate=("gates.toml", (CAPTURE,)))


def test_alerts_are_the_confirmations_of_the_wanted_nodes(subject: Subject, plan: Plan, bars: Bars) -> None:
    logs = dict(zip((node.title for node in plan.nodes), advance(plan, start(plan), bars), strict=True))
    wanted = [node.title for node in plan.nodes if node.wanted]
    found = score_series(subject, STUDY)
    assert list(found) == [*wanted, TRIVIAL]
    log = logs["structure.internal"]
    births = log[log["record"] == CONFIRMED]
    assert len(births) > 0
    alerts = confirmations(log)
    assert sorted(alerts.bar.tolist()) == alerts.bar.tolist()
    assert sorted(zip(alerts.bar.tolist(), alerts.direction.tolist(), strict=True)) == sorted(
        zip(births["at"].tolist(), births["direction"].tolist(), strict=True)
    )
    judged = found["structure.internal"].judgement
    assert len(judged.alerts) + judged.dropped == len(births)


def test_no_alert_knows_the_bars_after_it(subject: Subject, bars: Bars) -> None:
    short = score_series(replace(subject, bars=bars.slice(0, 2000)), STUDY)
    whole = score_series(subject, STUDY)
    for kind, part in short.items():
        before = whole[kind].judgement.alerts.within(0, 2000)
        assert part.judgement.alerts.bar.tolist() == before.bar.tolist()


def test_a_span_scores_its_bars_with_detectors_that_saw_the_ones_before(subject: Subject, bars: Bars) -> None:
    first, stop = int(bars.ts[1000]), int(bars.ts[2000])
    part = score_series(replace(subject, start=first, end=stop), STUDY)["structure.internal"]
    whole = score_series(subject, STUDY)["structure.internal"]
    assert len(part.world) == 1000
    assert part.world.first == -STUDY.rules.lead  # the average is defined from the first bar on
    inside = whole.judgement.alerts.within(1000, 2000)
    assert set(part.judgement.alerts.bar.tolist()) >= set(inside.bar.tolist()[1:])


def test_moves_are_measured_by_the_range_through_their_own_first_bar(subject: Subject, bars: Bars) -> None:
    found = score_series(subject, STUDY)["displacement"].world
    told = describe(first_context(subject.plan.settings), bars)["atr"]
    known = np.append(told[1:], 0.0)
    expected = find_moves(bars.close, np.ascontiguousarray(known), 2.0, 12)
    assert found.moves.start.tolist() == expected.start.tolist()
    assert found.first == 13 - STUDY.rules.lead  # bar 13 is the first with 14 true ranges


def test_an_empty_span_is_undefined(subject: Subject) -> None:
    found = score_detections([replace(subject, end=0)], STUDY)
    assert all(row.report.metrics["capture"].value is None for row in found.rows)


def test_the_same_seed_gives_the_same_document(subject: Subject, result: DetectionScore) -> None:
    again = score_detections([subject], STUDY, gate=("gates.toml", (CAPTURE,)))
    assert encode(score_document(again, "g")) == encode(score_document(result, "g"))
    other = replace(STUDY, draws=replace(STUDY.draws, seed=2))
    assert encode(score_document(score_detections([subject], other), "g")) != encode(
        score_document(result, "g")
    )


def test_every_number_stands_beside_every_baseline(result: DetectionScore) -> None:
    for row in result.rows:
        assert set(row.report.chance) == {"shifted", "hour_matched", "shuffled"}
        draws = {name: chance["capture"].n for name, chance in row.report.chance.items()}
        assert draws == {"shifted": 50, "hour_matched": 5, "shuffled": 2}


def test_several_series_are_scored_together_and_alone(subject: Subject) -> None:
    other = replace(subject, key=SeriesKey("sim", "GBPUSD", KEY.timeframe), bars=walk(2000, seed=2))
    found = score_detections([subject, other], STUDY, gate=("g", (CAPTURE,)))
    rows = [(row.kind, row.series) for row in found.rows][:3]
    assert rows == [
        ("displacement", ""),
        ("displacement", "sim/EURUSD/M15"),
        ("displacement", "sim/GBPUSD/M15"),
    ]
    both, one, two = (row.report.counts["moves"] for row in found.rows[:3])
    assert both == one + two
    assert [row.gate is not None for row in found.rows[:3]] == [True, False, False]


def test_only_detectors_are_judged_and_the_worst_verdict_counts(result: DetectionScore) -> None:
    judged = {row.kind for row in result.rows if row.gate}
    assert TRIVIAL not in judged
    assert judged == {row.kind for row in result.rows} - {TRIVIAL}
    assert result.verdict == "FAIL"
    assert result.rows[-1].gate is None


def test_without_a_gate_there_is_no_verdict(subject: Subject) -> None:
    found = score_detections([subject], STUDY)
    assert found.verdict is None
    assert score_document(found, None)["gate"] is None


def test_the_document_is_plain_and_complete(result: DetectionScore) -> None:
    document = json.loads(encode(score_document(result, "gates.toml")))
    assert document["rules"]["multiple"] == 2.0
    assert document["draws"] == {"shifts": 50, "scattered": 5, "shuffles": 2, "seed": 1}
    assert document["gate"] == {"file": "gates.toml", "verdict": "FAIL"}
    row = document["scores"][0]
    assert (row["kind"], row["series"], row["baseline"]) == ("displacement", None, False)
    assert set(row["metrics"]["capture"]) == {"value", "low", "high", "n"}
    assert row["gate"]["checks"][0]["verdict"] == "FAIL"
    assert document["scores"][-1]["baseline"] is True


def test_people_see_a_line_per_kind_with_intervals_and_chance(result: DetectionScore) -> None:
    document = score_document(result, "gates.toml")
    drawn: list[list[str]] = []

    def table(headers: object, rows: object) -> str:
        assert isinstance(rows, list)
        drawn.extend(rows)
        return "TABLE"

    text = score_text(document, table)
    capture: Mapping[str, float] = document["scores"][0]["metrics"]["capture"]
    shown = f"{100 * capture['value']:.1f}% [{100 * capture['low']:.1f}%, {100 * capture['high']:.1f}%]"
    assert drawn[0][0] == "displacement"
    assert drawn[0][3] == shown
    assert "False alerts are 1 - precision" in text
    assert text.endswith("Gate FAIL: 0 of 3 kinds pass (gates.toml)")


def test_unsound_bars_are_refused_with_their_row(subject: Subject, bars: Bars) -> None:
    high = bars.high.copy()
    high[7] = bars.low[7] - 1
    with pytest.raises(DataError, match="row 7"):
        score_series(replace(subject, bars=replace(bars, high=high)), STUDY)


def test_progress_counts_to_its_end(subject: Subject) -> None:
    told: list[tuple[int, int]] = []
    score_series(subject, STUDY, lambda _text, done, of: told.append((done, of)))
    assert told[0] == (0, told[-1][1])
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_shuffled_surrogates_win_half_of_free_trades_with_real_detectors(plan: Plan) -> None:
    free = replace(STUDY, rules=Rules(target=2.0, stop=2.0, horizon=24), draws=Draws(5, 2, 4, 1))
    found = score_series(Subject(KEY, walk(12_000, seed=3), plan, Costs()), free)
    rows = np.sum([found[kind].chance["shuffled"] for kind in ("displacement", "structure.internal")], axis=0)
    wins, losses = rows[:, 7].sum(), rows[:, 8].sum()
    assert wins + losses > 1000
    assert wins / (wins + losses) == pytest.approx(0.5, abs=4 * 0.5 / (wins + losses) ** 0.5)
