"""A model made ready to be asked bar by bar: whole, true to its golden rows, and warmed up on the past."""

from collections.abc import Sequence

from ictcli.config.records import Config
from ictcli.research.choices import Choice
from ictcli.research.modelled import AskedModel, history, ready
from ictcli.research.playing import settings_of
from ictcli.research.series import Series
from ictcli.store.store import Store
from ictcli.trading.minds import ModelStream


def streams(
    asked: AskedModel | None, choices: Sequence[Choice], series: Series, store: Store, config: Config
) -> list[ModelStream | None]:
    """The model behind each choice, fed with every bar that its training counts from and ``series`` has not.

    Args:
        asked: the model; None without one.
        choices: what is traded; with a model there is one.
        series: whose bars come next.
        store: of the bars before them.
        config: detector parameters.

    Raises:
        DataError: a file of the version is damaged, or its golden rows come out differently.
        ConfigError: a member needs a package that is not installed.
    """
    if asked is None:
        return [None] * len(choices)
    stream = ModelStream(asked.version, ready(asked.version), settings_of(series, config))
    bars, _ = history(asked.version.card, series, store)
    before = int(bars.ts.searchsorted(series.bars.ts[0]))
    if before:
        stream.learn(bars.slice(0, before))
    return [stream]
