"""What ``ictcli train`` was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from ictcli.config.records import TrainConfig
from ictcli.market.timeframes import Timeframe


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to learn, from what.

    Attributes:
        symbols: names; empty takes every stored symbol. Each gets a model of its own.
        strategy: whose signals are judged (meta-labels); empty: the model chooses the side.
        params: the strategy's parameters as texts.
        timeframe: of the bars.
        source: source name; None takes each symbol's primary or only source.
        start, end: nanoseconds UTC, end exclusive; None for everything.
        plan: the ``[train]`` section with the command line laid over it.
        tune: candidates per model, the defaults among them; 1 for no tuning.
        name: of the model; empty: made from symbol, timeframe and what is foretold.
        open_lockbox: whether the withheld bars are looked at, once.
        reason: why they are looked at again.
        jobs: threads.
        believe: why results beyond belief are to be believed; empty: they stop the run.
    """

    symbols: tuple[str, ...]
    strategy: str
    params: Mapping[str, str]
    timeframe: Timeframe
    source: str | None
    start: int | None
    end: int | None
    plan: TrainConfig
    tune: int = 1
    name: str = ""
    open_lockbox: bool = False
    reason: str = ""
    jobs: int = 1
    believe: str = ""
