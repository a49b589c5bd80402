"""What every scenario is given: whose configuration and strategies, how much, how long, where to write."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ictcli.config.records import Config
from ictcli.config.stress import StressConfig
from ictcli.market.symbols import SymbolBook
from ictcli.market.timeframes import Timeframe
from ictcli.research.choices import Choice

Profile = Literal["quick", "full"]


def never() -> bool:
    """Nobody asks it to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Setting:
    """A set-up that is to be certified, and how thoroughly.

    Attributes:
        config: of the workspace, as ``trade`` would use it.
        book: known instruments.
        choices: strategies with their parameters, at least one.
        timeframes: of the bars they decide on, the shortest first.
        folder: of its own, exists, empty; removed by whoever made it.
        profile: quick: a few minutes together; full: as many measurements as claims need.
        symbols: how many are traded at once, one number per round.
        seeds: how many seeds a scenario with random faults goes through.
        duration: real time, ns, that the scenarios which can last go on for; None: as the profile says.
        stopping: somebody wants it to end; asked at each turn.
    """

    config: Config
    book: SymbolBook
    choices: tuple[Choice, ...]
    timeframes: tuple[Timeframe, ...]
    folder: Path
    profile: Profile
    symbols: tuple[int, ...]
    seeds: int
    duration: int | None = None
    stopping: Callable[[], bool] = never

    @property
    def limits(self) -> StressConfig:
        """The thresholds."""
        return self.config.stress

    def within(self, name: str) -> "Setting":
        """The same with a fresh folder of that name inside its own."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        return replace(self, folder=folder)
