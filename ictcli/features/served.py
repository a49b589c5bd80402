"""What a model is served with: its own set of features, and behind them the regime that weighs members."""

from ictcli.features import regime
from ictcli.features.registry import FeatureSet, find_set


def served_set(name: str) -> FeatureSet:
    """The columns of a set, and the regime as the last one.

    Raises:
        UsageError: there is no such set.
    """
    own = find_set(name)
    return FeatureSet(own.name, own.summary, (*own.features, regime.FEATURE))
