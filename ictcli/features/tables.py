"""The reference of the features in Markdown, from the registry: sets, columns, formulas, warm-up, sources."""

import sys
from collections.abc import Iterator

from ictcli.detectors.plan import title
from ictcli.features.feature import Feature, Memory
from ictcli.features.registry import FEATURES, SETS

_FORGETTING: dict[Memory, str] = {
    "window": "after {bars} bars nothing of where the series starts is left",
    "fading": "after {bars} bars less than 1e-9 of the start of the series is left",
    "events": "{bars} bars; what detectors found before may stay in it for longer",
}


def feature_reference() -> str:
    """All sets and all features."""
    return "\n".join([*_sets(), *(line for one in FEATURES.values() for line in _feature(one))]) + "\n"


def _sets() -> Iterator[str]:
    yield from ("## Sets", "", "| set | what | features | columns | rows dropped at the start |")
    yield "|---|---|---|---|---|"
    for own in SETS.values():
        count = len(own.features)
        yield f"| `{own.name}` | {own.summary} | {count} | {len(own.names)} | {own.warmup} |"
    yield ""
    for own in SETS.values():
        listed = ", ".join(f"`{one.name}`" for one in own.features)
        yield f"`{own.name}` = {listed}."
        yield ""
    yield "## Features"


def _feature(feature: Feature) -> Iterator[str]:
    """What a feature is, in the words of its module, and its columns."""
    yield from ("", f"### `{feature.name}`", "")
    text = sys.modules[feature.step.__module__].__doc__ or ""
    yield from text.strip().splitlines()
    yield from ("", "| column | formula | where it has no value |", "|---|---|---|")
    for column in feature.columns:
        scale = "" if column.scale_free else " (not free of scale)"
        cells = f"`{column.name}`", f"{column.formula}{scale}", column.fallback or "always has one"
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""
    yield f"Warm-up: {_warm_up(feature)}. Version {feature.version}."
    if feature.feeds:
        heard = (
            f"`{title(feed.detector, feed.layer or '')}`{' where it works' if feed.optional else ''}"
            for feed in feature.feeds
        )
        yield f"Listens to {', '.join(heard)}."


def _warm_up(feature: Feature) -> str:
    if feature.warmup == 0 and feature.memory == "window":
        return "none"
    return _FORGETTING[feature.memory].format(bars=feature.warmup)
