"""A storm of alerts is told, and a path that loses some of them is caught."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ictcli.operations.notif_storm import feed
from ictcli.stress.scenario import Claim, Verdict
from ictcli.stress.scenarios import alert_storm
from ictcli.telemetry import silent
from tests.stress.settings import setting_of

pytest.importorskip("apprise", reason="alerts are sent by apprise, of the extra `operate`")


def claims_of(folder: Path, *, profile: str = "quick") -> dict[str, Claim]:
    """What is claimed of a storm, by the beginning of the name."""
    setting = setting_of(folder, profile="full" if profile == "full" else "quick")
    return {" ".join(one.name.split()[:3]): one for one in alert_storm.run(setting, 1, silent)}


def test_a_path_that_loses_alerts_is_caught_and_trading_does_not_feel_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lossy(state: Path, numbers: Sequence[int], at: int) -> None:
        feed(state, [number for number in numbers if number % 5], at)

    monkeypatch.setattr(alert_storm, "feed", lossy)
    monkeypatch.setattr(alert_storm, "_SECONDS", {"quick": 2})
    monkeypatch.setattr(alert_storm, "_PATIENCE", 6.0)
    found = claims_of(tmp_path)
    lost = found["alerts that were"]
    assert (lost.verdict, lost.value, lost.n) == (Verdict.FAIL, 7.0, 34)
    assert found["time from an"].n == 27
    assert found["orders and deals"].value == 0.0  # of those that fell into two seconds
    memory = found["memory of the"]
    assert memory.verdict is Verdict.INCONCLUSIVE, "a few moments bound no quantile"
    assert 0 < (memory.value or 0.0) < memory.threshold
    rate = found["alerts of a"]
    assert rate.n == 34
    assert rate.bound.low is not None
    assert rate.bound.low < (rate.value or 0.0)
    assert rate.value == pytest.approx(1_020 * 27 / 34, rel=0.2)


@pytest.mark.proof
def test_proof_a_thousand_alerts_a_minute_beside_a_trader(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    found = claims_of(tmp_path, profile="full")
    for claim in found.values():
        record_property(claim.name, (claim.value, claim.n, claim.bound.high))
    assert found["alerts that were"].n == 1020
    assert {claim.verdict for claim in found.values()} == {Verdict.PASS}
