"""Which detectors a set of features needs: no more than their feeds reach."""

from collections.abc import Sequence
from dataclasses import dataclass

from ictcli.detectors.plan import NO_NODE, Plan, Settings, make_plan, pruned, title
from ictcli.detectors.registry import DETECTORS
from ictcli.errors import UsageError
from ictcli.features.feature import Feature


@dataclass(frozen=True, slots=True)
class FeatureWiring:
    """What runs before the features.

    Attributes:
        plan: exactly the nodes that their feeds reach, in running order.
        feeds: for every feature the positions in the plan of what it listens to, ``NO_NODE`` for none.
    """

    plan: Plan
    feeds: tuple[tuple[int, ...], ...]


def wire_features(features: Sequence[Feature], settings: Settings) -> FeatureWiring:
    """The detectors of features.

    Raises:
        UsageError: a detector that one of them needs does not work on bars of this length.
    """
    wanted = dict.fromkeys(feed.detector for feature in features for feed in feature.feeds)
    whole = make_plan([DETECTORS[name] for name in wanted], DETECTORS, settings)
    places = {node.title: at for at, node in enumerate(whole.nodes)}
    heard = tuple(_places(feature, places, whole) for feature in features)
    kept, moved = pruned(whole, [at for one in heard for at in one])
    return FeatureWiring(kept, tuple(tuple(moved[at] for at in one) for one in heard))


def _places(feature: Feature, places: dict[str, int], plan: Plan) -> tuple[int, ...]:
    found = []
    for feed in feature.feeds:
        name = title(feed.detector, feed.layer or "")
        if name not in places and not feed.optional:
            raise UsageError(f"feature {feature.name} listens to {name}, which {plan.refused[name]}")
        found.append(places.get(name, NO_NODE))
    return tuple(found)
