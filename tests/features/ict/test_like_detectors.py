"""What features remember of their detectors is what the detectors hold."""

from typing import Any

import pytest

from ictcli.features.ict import bias, inside, trend
from tests.features.ict.listening import SMALL_SWINGS, listen, wandering


@pytest.mark.parametrize("layer", ["internal", "swing"])
def test_the_trend_is_that_of_the_detector(layer: str) -> None:
    for count in (60, 120, 240):
        heard = listen(trend.FEATURE, wandering(count, 1), SMALL_SWINGS)
        state = heard.detector_state(f"structure.{layer}")
        assert heard.column(f"trend_{layer}")[-1] == state["trend"] != 0


def test_a_close_stands_in_the_zones_that_the_detectors_keep() -> None:
    seen: dict[str, set[float]] = {"in_ifvg": set(), "in_bpr": set(), "in_breaker": set()}
    for seed in range(90):
        heard = listen(inside.FEATURE, wandering(400 + seed, seed), SMALL_SWINGS)
        close = heard.facts["close"][-1]
        for name, title in zip(seen, ("ifvg", "bpr", "breaker.internal"), strict=True):
            book: Any = heard.detector_state(title)["zones"]["book"]
            tops = [book["price"][side][: book["count"][side]] for side in range(2)]
            expected = float((tops[0] >= close).any()) - float((tops[1] >= -close).any())
            assert heard.column(name)[-1] == expected
            seen[name].add(expected)
    assert seen == {name: {-1.0, 0.0, 1.0} for name in seen}


def test_the_bias_is_the_mean_of_the_frames() -> None:
    overrides = {"htf_bias": {"range_days": 1}}
    seen = set()
    for count in (600, 1500, 2400, 3200):
        heard = listen(bias.FEATURE, wandering(count, 5), overrides)
        held = [heard.detector_state(f"htf_bias.{frame}") for frame in ("H1", "H4", "D1")]
        total = sum(int(state["held"]["direction"]) for state in held if state["serial"] > 0)
        assert heard.column("htf_bias")[-1] == total / 3
        seen.add(total)
    assert len(seen) > 1
