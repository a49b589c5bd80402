"""The zones behind the set-ups of an answer to "why", as the detectors knew them when each was decided."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from ictcli.clock import from_datetime, iso
from ictcli.config.records import Config, DetectConfig
from ictcli.errors import IctError
from ictcli.market.bars import Bars
from ictcli.reports.run_story import WindowShape
from ictcli.reports.run_windows import series_of, wiring_of
from ictcli.reports.run_zones import Moment, known_at
from ictcli.research.backtest import Workshop
from ictcli.research.playing import numbered
from ictcli.research.series import Series
from ictcli.research.why import Row, Story, Why

Zone = dict[str, Any]

_PARTS = 6
"""Parts of a zone that are told."""


@dataclass(slots=True)
class Causes:
    """What set-ups rest on.

    Attributes:
        zones: strategy and set-up = what it sits on, then what that was made of.
        doubts: what the reader must know: bars gone, zones that cannot be told.
    """

    zones: dict[tuple[str, int | None], list[Zone]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


def causes_of(document: Mapping[str, Any], answer: Why, shop: Workshop) -> Causes:
    """The zones of each set-up of an answer.

    The bars that the store still has go through the detectors once more, up to each decision and no further.

    Args:
        document: of the run.
        answer: to "why".
        shop: where bars, instruments and today's configuration are.
    """
    causes = Causes()
    own = [one for one in document["series"] if one["symbol"] == answer.symbol]
    if not answer.stories or not own:
        return causes
    try:
        series = series_of(own[0], document["timeframe"], shop)
    except IctError as error:
        causes.doubts.append(f"no zones: {error.message}")
        return causes
    if series.content != own[0]["content"]:
        causes.doubts.append("the stored bars have changed since the run")
    config = shop.config
    if "detect" in document:
        config = msgspec.structs.replace(config, detect=msgspec.convert(document["detect"], DetectConfig))
    by_strategy: dict[str, list[Story]] = defaultdict(list)
    for story in answer.stories:
        by_strategy[story.strategy].append(story)
    for strategy, stories in by_strategy.items():
        _explain(causes, (strategy, stories), document["strategies"], series, config)
    return causes


def _explain(
    causes: Causes,
    told: tuple[str, Sequence[Story]],
    asked: Sequence[Mapping[str, Any]],
    series: Series,
    config: Config,
) -> None:
    """Add the zones of one strategy's set-ups."""
    strategy, stories = told
    names = numbered([one["name"] for one in asked])
    wiring, why = wiring_of(asked[names.index(strategy)] if strategy in names else {}, series, config)
    if wiring is None:
        causes.doubts.append(f"no zones of {strategy}: {why}")
        return
    moments = sorted(_moments(stories, series.bars), key=lambda moment: moment.bar)
    found = known_at(series.key, series.bars, wiring, moments)
    for moment in moments:
        zones = [_zone(one, series.bars) for one in found.get(moment.trade, ()) if one.role != "other"]
        zones.sort(key=lambda zone: zone["role"] != "cause")
        causes.zones[strategy, stories[moment.trade].number] = zones[:_PARTS]


def _moments(stories: Sequence[Story], bars: Bars) -> Iterator[Moment]:
    """When each set-up was decided, by its place in the list; none where its bars are gone."""
    for at, story in enumerate(stories):
        step = _decision(story)
        if step is None:
            continue
        bar = int(np.searchsorted(bars.ts_close, from_datetime(step["at"])))
        formed = int(np.searchsorted(bars.ts, from_datetime(step["formed_at"])))
        if bar < len(bars) and formed < len(bars):
            yield Moment(trade=at, bar=bar, first=min(bar, formed), formed=formed, side=step["side"])


def _decision(story: Story) -> Row | None:
    """The entry of a set-up, else the last that its strategy said of it with a side and a place."""
    steps = [step for step in story.steps if step.get("formed_at") is not None and step["side"] is not None]
    entries = [step for step in steps if step["what"] == "enter"]
    chosen = entries or steps
    return chosen[-1] if chosen else None


def _zone(one: WindowShape, bars: Bars) -> Zone:
    shape = one.shape
    drawing = shape.drawing
    edges = [None if edge is None else f"{edge:.{bars.digits}f}" for edge in (shape.bottom, shape.top)]
    return {
        "role": one.role,
        "kind": drawing.kind,
        "layer": drawing.layer,
        "dir": drawing.direction,
        "bottom": edges[0],
        "top": edges[1],
        "formed_at": iso(drawing.formed),
        "confirmed_at": iso(drawing.changes[0].at),
        "state": shape.state,
    }
