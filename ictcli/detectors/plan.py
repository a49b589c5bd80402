"""What to run: the wanted detectors, everything they listen to, and the parameters of each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from ictcli.detectors.detector import Detector

NEEDS_PAIR = "needs a second symbol (--with)"
"""Why a detector that compares is refused without one."""

NO_NODE = -1
"""The position of an optional feed that is not in the plan."""

_PAIR_ENDS = re.compile(r",(?=[\w.]+=)")
"""A value may hold commas, as lists of windows do."""

Overrides = Mapping[str, Mapping[str, Any]]
"""Parameters by ``detector`` or ``detector.layer``; the latter win."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What all detectors of a plan share.

    Attributes:
        bar_ns: nominal bar length, nanoseconds.
        always_open: whether the market trades around the clock and has no week.
        atr_length: bars of the average true range.
        overrides: parameters that differ from the defaults.
        other: the second symbol, part of the identifiers of what compares with it; empty for none.
    """

    bar_ns: int
    always_open: bool = False
    atr_length: int = 14
    overrides: Overrides = field(default_factory=dict)
    other: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One detector with its parameters.

    Attributes:
        layer: empty for detectors without layers.
        feeds: positions in the plan of the nodes it listens to, ``NO_NODE`` for an optional one left out.
        text: its own and inherited parameters as sorted ``name=value`` pairs, part of every identifier;
            empty when there are none.
        wanted: False for nodes that only feed others.
    """

    detector: Detector
    layer: str
    params: msgspec.Struct
    feeds: tuple[int, ...]
    text: str
    wanted: bool

    @property
    def title(self) -> str:
        """``detector`` or ``detector.layer``."""
        return title(self.detector.name, self.layer)


@dataclass(frozen=True, slots=True)
class Plan:
    """Nodes in an order in which every node comes after those it listens to.

    Attributes:
        refused: why a wanted detector is left out, by name.
    """

    nodes: tuple[Node, ...]
    settings: Settings
    refused: Mapping[str, str]


def title(name: str, layer: str) -> str:
    """``detector`` or ``detector.layer``."""
    return f"{name}.{layer}" if layer else name


def make_plan(
    detectors: Iterable[Detector], known: Mapping[str, Detector], settings: Settings, *, pair: bool = False
) -> Plan:
    """The plan for detectors; those that listen to a refused one, or need a second symbol, are refused too.

    Args:
        detectors: wanted, all their layers.
        known: every detector by name, in an order in which each comes after those it listens to.
        settings: what all of them share.
        pair: whether there is a second symbol.
    """
    wanted = {detector.name for detector in detectors}
    asked = _with_feeds(wanted, known)
    nodes: list[Node] = []
    position: dict[str, int] = {}
    refused: dict[str, str] = {}
    for detector in (one for name, one in known.items() if name in asked):
        for layer in detector.layers:
            params = parameters(detector, layer, settings.overrides)
            reason = _refusal(detector, params, settings, pair=pair)
            feeds = [
                title(feed.detector, layer if feed.layer is None else feed.layer) for feed in detector.feeds
            ]
            needed = (name for name, feed in zip(feeds, detector.feeds, strict=True) if not feed.optional)
            missing = [name for name in needed if name not in position]
            if reason or missing:
                name = title(detector.name, layer) if layer else detector.name
                refused[name] = reason or refused.get(missing[0], f"needs {missing[0]}")
                continue
            at = tuple(position.get(feed, NO_NODE) for feed in feeds)
            text = _text(detector, params, layer, settings, [nodes[feed] for feed in at if feed != NO_NODE])
            position[title(detector.name, layer)] = len(nodes)
            nodes.append(Node(detector, layer, params, at, text, detector.name in wanted))
    return Plan(tuple(nodes), settings, refused)


def pruned(plan: Plan, heard: Iterable[int]) -> tuple[Plan, dict[int, int]]:
    """The nodes that listeners reach, and where each node of ``plan`` has gone to.

    Args:
        plan: the whole.
        heard: positions that are listened to; ``NO_NODE`` stays ``NO_NODE``.
    """
    direct = set(heard)
    needed: set[int] = set()
    pending = [at for at in direct if at != NO_NODE]
    while pending:
        at = pending.pop()
        if at not in needed:
            needed.add(at)
            pending += [feed for feed in plan.nodes[at].feeds if feed != NO_NODE]
    moved = {at: position for position, at in enumerate(sorted(needed))} | {NO_NODE: NO_NODE}
    nodes: list[Node] = []
    for at in sorted(needed):
        node = plan.nodes[at]
        nodes.append(replace(node, feeds=tuple(moved[feed] for feed in node.feeds), wanted=at in direct))
    return Plan(tuple(nodes), plan.settings, plan.refused), moved


def parameters(detector: Detector, layer: str, overrides: Overrides) -> Any:
    """The parameters of one layer of a detector.

    Raises:
        msgspec.ValidationError: an override is unknown or out of bounds.
    """
    values = {
        **overrides.get(detector.name, {}),
        **detector.layers[layer],
        **(overrides.get(title(detector.name, layer), {}) if layer else {}),
    }
    return msgspec.convert(values, detector.params)


def _with_feeds(names: set[str], known: Mapping[str, Detector]) -> set[str]:
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += [feed.detector for feed in known[name].feeds]
    return found


def _refusal(detector: Detector, params: Any, settings: Settings, *, pair: bool) -> str:
    if detector.pair and not pair:
        return NEEDS_PAIR
    return detector.refuses(params, settings.bar_ns) if detector.refuses is not None else ""


def _text(
    detector: Detector, params: msgspec.Struct, layer: str, settings: Settings, feeds: Iterable[Node]
) -> str:
    pairs = {f"{name}={value}" for name, value in msgspec.structs.asdict(params).items()}
    pairs |= {f"layer={layer}"} if layer else set()
    pairs |= {f"bar.atr_length={settings.atr_length}"} if detector.uses_atr else set()
    pairs |= {f"with={settings.other}"} if detector.pair and settings.other else set()
    for feed in feeds:
        own = [pair.partition("=") for pair in _PAIR_ENDS.split(feed.text) if pair]
        prefix = f"{feed.title}."
        pairs |= {f"{name if '.' in name else prefix + name}={value}" for name, _, value in own}
    return ",".join(sorted(pairs))
