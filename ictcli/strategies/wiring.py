"""Which detectors a strategy needs, with which parameters: no more than its feeds reach."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ictcli.detectors.detector import Detector, Feed
from ictcli.detectors.plan import NO_NODE, Plan, Settings, make_plan, pruned, title
from ictcli.errors import ConfigError, UsageError
from ictcli.strategies.protocol import Overrides, Strategy

BARS = "bar"
"""The name under which a strategy's overrides set ``atr_length`` of the bars themselves."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What runs before a strategy's step.

    Attributes:
        plan: exactly the nodes that its feeds reach, in running order.
        feeds: positions in the plan of the nodes it listens to, ``NO_NODE`` for an optional one left out.
    """

    plan: Plan
    feeds: tuple[int, ...]


def wire(strategy: Strategy, params: Any, settings: Settings) -> Wiring:
    """The detectors of a strategy; its own overrides are laid over those of ``settings``.

    Raises:
        UsageError: the strategy, or a detector that it needs, does not work on bars of this length.
        ConfigError: it names a detector, a layer or a parameter that does not exist or fit.
    """
    reason = strategy.refuses(params, settings.bar_ns) if strategy.refuses is not None else ""
    if reason:
        raise UsageError(f"strategy {strategy.name} {reason}")
    own = strategy.detectors(params) if strategy.detectors is not None else {}
    if not strategy.feeds and not own:
        return Wiring(Plan((), settings, {}), ())
    _check_names(strategy, own)
    chosen = _laid_over(settings, own)
    wanted = dict.fromkeys(feed.detector for feed in strategy.feeds)
    try:
        known = _detectors()
        whole = make_plan([known[name] for name in wanted], known, chosen)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"strategy {strategy.name} gives a detector what it does not take: {error}"
        ) from error
    places = {node.title: at for at, node in enumerate(whole.nodes)}
    heard = tuple(_place(strategy, feed, places, whole) for feed in strategy.feeds)
    kept, moved = pruned(whole, heard)
    return Wiring(kept, tuple(moved[at] for at in heard))


def _detectors() -> Mapping[str, Detector]:
    from ictcli.detectors.registry import DETECTORS  # noqa: PLC0415 - a third of a second for who listens

    return DETECTORS


def _laid_over(settings: Settings, own: Overrides) -> Settings:
    """Settings with a strategy's parameters on top, layer by layer so that they win over general ones."""
    overrides: dict[str, Mapping[str, Any]] = dict(settings.overrides)
    atr_length = own.get(BARS, {}).get("atr_length", settings.atr_length)
    for name, values in own.items():
        if name == BARS:
            continue
        detector, _, layer = name.partition(".")
        layers = [layer] if layer else list(_detectors()[detector].layers)
        for one in (title(detector, layer) for layer in layers):
            overrides[one] = {**overrides.get(one, {}), **values}
    return replace(settings, atr_length=atr_length, overrides=overrides)


def _check_names(strategy: Strategy, own: Overrides) -> None:
    detectors = _detectors()
    known = {title(name, layer) for name, detector in detectors.items() for layer in detector.layers}
    heard = {title(feed.detector, feed.layer or "") for feed in strategy.feeds}
    for name in sorted(heard | (set(own) - {BARS} - set(detectors))):
        if name not in known:
            raise ConfigError(
                f"strategy {strategy.name} names the detector {name!r}, which does not exist",
                hint=f"Known: {', '.join(sorted(known))}.",
            )


def _place(strategy: Strategy, feed: Feed, places: Mapping[str, int], plan: Plan) -> int:
    name = title(feed.detector, feed.layer or "")
    if name in places:
        return places[name]
    if feed.optional:
        return NO_NODE
    raise UsageError(f"strategy {strategy.name} listens to {name}, which {plan.refused[name]}")
