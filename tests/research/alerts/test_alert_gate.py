"""The gate of alerts: one-sided bounds, and three verdicts."""

import math
from pathlib import Path

import pytest

from ictcli.errors import ConfigError
from ictcli.research.alerts.gate import (
    AlertCheck,
    bounds,
    decide,
    judge_score,
    load_alert_gate,
    needed,
    worst,
)
from ictcli.research.alerts.score import ScoreReport, Share
from ictcli.research.gates import Verdict, load_gate

GATE = Path(__file__).parents[3] / "config" / "gates.toml"
CAPTURE = AlertCheck(metric="capture", op=">=", value=0.85)
FALSE = AlertCheck(metric="false_alert_share", op="<=", value=0.10)
WIN = AlertCheck(metric="win_rate", op=">=", value=0.60)


def plain(hits: int, n: int) -> Share:
    """A share of independent observations."""
    return Share(hits, n, float(n))


@pytest.mark.parametrize(
    ("check", "hits", "n", "low", "high", "verdict"),
    [
        (CAPTURE, 85, 100, 0.782097, 0.899463, "INCONCLUSIVE"),
        (CAPTURE, 90, 100, 0.839644, 0.939281, "INCONCLUSIVE"),
        (CAPTURE, 91, 100, 0.851512, 0.946887, "PASS"),
        (CAPTURE, 178, 200, 0.848274, 0.921316, "INCONCLUSIVE"),
        (CAPTURE, 179, 200, 0.853922, 0.925534, "PASS"),
        (CAPTURE, 77, 100, 0.694215, 0.831560, "FAIL"),
        (CAPTURE, 411, 500, 0.792152, 0.848382, "FAIL"),
        (CAPTURE, 126, 140, 0.850419, 0.934414, "PASS"),
        (CAPTURE, 125, 139, 0.849379, 0.933935, "INCONCLUSIVE"),
        (CAPTURE, 0, 5, 0.0, 0.351117, "FAIL"),
        (FALSE, 5, 100, 0.024547, 0.099161, "PASS"),
        (FALSE, 6, 100, 0.031341, 0.111841, "INCONCLUSIVE"),
        (FALSE, 15, 100, 0.100537, 0.217903, "FAIL"),
        (FALSE, 13, 200, 0.041739, 0.099873, "PASS"),
        (FALSE, 0, 24, 0.0, 0.101310, "INCONCLUSIVE"),
        (FALSE, 0, 25, 0.0, 0.097654, "INCONCLUSIVE"),  # the bound passes, 25 observations do not
        (WIN, 68, 100, 0.599399, 0.751118, "INCONCLUSIVE"),
        (WIN, 69, 100, 0.609764, 0.760226, "PASS"),
        (WIN, 51, 100, 0.428600, 0.590873, "FAIL"),
        (WIN, 169, 260, 0.600026, 0.696884, "PASS"),
    ],
)
def test_published_bounds_and_verdicts(
    check: AlertCheck, hits: int, n: int, low: float, high: float, verdict: str
) -> None:
    assert bounds(plain(hits, n)) == pytest.approx((low, high), abs=5e-7)
    assert decide(check, plain(hits, n))[0] == verdict


@pytest.mark.parametrize(
    ("check", "n", "passing", "failing"),
    [
        (CAPTURE, 50, 47, 38), (CAPTURE, 100, 91, 79), (CAPTURE, 200, 179, 161),
        (CAPTURE, 500, 439, 411), (CAPTURE, 1000, 869, 831),
        (FALSE, 50, 1, 9), (FALSE, 100, 5, 15), (FALSE, 200, 13, 27), (FALSE, 500, 38, 62),
        (FALSE, 1000, 84, 116),
        (WIN, 50, 36, 24), (WIN, 100, 69, 51), (WIN, 200, 132, 108), (WIN, 500, 319, 281),
        (WIN, 1000, 626, 574),
    ],
)  # fmt: skip
def test_the_counts_at_which_verdicts_change(check: AlertCheck, n: int, passing: int, failing: int) -> None:
    better = 1 if check.op == ">=" else -1
    assert decide(check, plain(passing, n))[0] == "PASS"
    assert decide(check, plain(passing - better, n))[0] == "INCONCLUSIVE"
    assert decide(check, plain(failing, n))[0] == "FAIL"
    assert decide(check, plain(failing + better, n))[0] == "INCONCLUSIVE"


@pytest.mark.parametrize("hits", [5, 16, 29])
def test_fewer_than_thirty_never_pass(hits: int) -> None:
    assert decide(WIN, plain(hits, hits)) == (
        Verdict.INCONCLUSIVE,
        f"worth only {hits} of 30 observations",
    )
    assert decide(WIN, plain(30, 30))[0] == "PASS"


def test_many_observations_worth_fewer_than_thirty_never_pass() -> None:
    assert decide(WIN, Share(200, 200, 29.0))[0] == "INCONCLUSIVE"
    assert decide(WIN, Share(200, 200, 30.0))[0] == "PASS"


def test_nothing_observed_decides_nothing() -> None:
    assert decide(CAPTURE, Share(0, 0, 0.0)) == (Verdict.INCONCLUSIVE, "no observations")
    assert needed(CAPTURE, Share(0, 0, 0.0)) is None


def test_clustered_observations_count_for_what_they_are_worth() -> None:
    assert decide(CAPTURE, Share(182, 200, 200.0))[0] == "PASS"
    assert decide(CAPTURE, Share(182, 200, 90.0))[0] == "INCONCLUSIVE"
    assert bounds(Share(182, 200, 100.0)) == pytest.approx(bounds(plain(91, 100)))


@pytest.mark.parametrize(
    ("check", "share", "expected"),
    [
        (CAPTURE, 0.90, 138), (CAPTURE, 0.88, 384), (CAPTURE, 0.95, 35),
        (FALSE, 0.05, 98), (FALSE, 0.07, 271),
        (WIN, 0.65, 260), (WIN, 0.63, 722), (WIN, 0.70, 65),
    ],
)  # fmt: skip
def test_how_many_more_would_do(check: AlertCheck, share: float, expected: int) -> None:
    assert needed(check, plain(round(share * 1000), 1000)) == expected
    # Worth half: twice as many.
    assert needed(check, Share(round(share * 1000), 1000, 500.0)) in {2 * expected - 1, 2 * expected}
    assert decide(check, Share(round(share * 1000), 1000, float(expected)))[0] == "PASS"
    assert decide(check, Share(round(share * 1000), 1000, float(expected - 1)))[0] == "INCONCLUSIVE"


def test_no_number_decides_a_share_at_the_limit() -> None:
    assert needed(CAPTURE, plain(85, 100)) is None


def test_at_least_the_thirty_are_needed() -> None:
    assert needed(CAPTURE, plain(5, 5)) == 30


def report(capture: Share, lift: float | None) -> ScoreReport:
    shares = {"capture": capture, "win_rate": plain(40, 100)}
    return ScoreReport({}, {}, shares, {"capture_lift": lift, "expectancy_r": None}, {}, {})


@pytest.mark.parametrize(
    ("lift", "verdict", "reason"),
    [
        (0.01, "PASS", "met"),
        (0.0, "INCONCLUSIVE", "capture_lift is not shown to be above zero"),
        (-0.1, "INCONCLUSIVE", "capture_lift is not shown to be above zero"),
        (None, "INCONCLUSIVE", "capture_lift is not shown to be above zero"),
    ],
)
def test_a_side_condition_only_ever_withholds_a_pass(lift: float | None, verdict: str, reason: str) -> None:
    check = AlertCheck(metric="capture", op=">=", value=0.85, above_zero="capture_lift")
    found = judge_score("g", (check,), report(plain(95, 100), lift)).checks[0]
    assert (found.verdict, found.reason, found.needed_n) == (verdict, reason, None)
    failed = judge_score("g", (check,), report(plain(50, 100), lift)).checks[0]
    assert failed.verdict is Verdict.FAIL


def test_the_worst_verdict_is_the_whole() -> None:
    assert judge_score("g", (CAPTURE, WIN), report(plain(95, 100), None)).verdict is Verdict.FAIL
    assert judge_score("g", (CAPTURE,), report(plain(86, 100), None)).verdict is Verdict.INCONCLUSIVE
    assert worst([Verdict.PASS, Verdict.PASS]) is Verdict.PASS
    assert worst([]) is Verdict.INCONCLUSIVE


def test_a_result_shows_its_numbers_and_how_many_more_are_needed() -> None:
    found = judge_score("g", (CAPTURE,), report(plain(90, 100), None)).checks[0]
    assert (found.condition, found.n, found.effective_n, found.needed_n) == (
        "capture >= 0.85",
        100,
        100.0,
        138,
    )
    assert found.found == 0.9
    assert found.low == pytest.approx(0.839644, abs=5e-7)
    assert found.high == pytest.approx(0.939281, abs=5e-7)


def test_the_shipped_gate_asks_for_the_goals_of_the_project() -> None:
    checks = load_alert_gate(GATE)
    assert [check.condition for check in checks] == [
        "capture >= 0.85 and capture_lift > 0",
        "false_alert_share <= 0.1",
        "win_rate >= 0.6 and expectancy_r > 0",
    ]
    assert load_gate(GATE)  # the backtest reads its own section of the same file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[alerts]]\nmetric = "recall"\nop = ">="\nvalue = 0.5', "metric must be one of"),
        ('[[alerts]]\nmetric = "capture"\nop = ">"\nvalue = 0.5', "op must be one of"),
        ('[[alerts]]\nmetric = "capture"\nop = ">="\nvalue = 1.0', "value must be"),
        ('[[alerts]]\nmetric = "capture"\nop = ">="\nvalue = nan', "value must be"),
        ('[[alerts]]\nmetric = "capture"\nop = ">="\nvalue = 0.5\nmin_n = 29', "min_n must be"),
        ('[[alerts]]\nmetric = "capture"\nop = ">="\nvalue = 0.5\nbound = "low"', "unknown key 'bound'"),
        ('[[checks]]\nmetric = "trades"\nop = ">"\nvalue = 1', "no [[alerts]]"),
        ("alerts = [1]", "not a table"),
    ],
)
def test_a_wrong_gate_is_refused_with_a_reason(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "gates.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_alert_gate(path)
    assert message in caught.value.message


def test_the_verdict_flips_as_rarely_as_the_confidence_says() -> None:
    # True share exactly at the limit, 200 observations: at most 5 % of worlds may pass.
    n, limit = 200, 0.85
    passing = [hits for hits in range(n + 1) if decide(CAPTURE, plain(hits, n))[0] == "PASS"]
    chance = sum(math.comb(n, hits) * limit**hits * (1 - limit) ** (n - hits) for hits in passing)
    assert 0.01 < chance <= 0.05
