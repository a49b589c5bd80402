"""A set-up for tests of scenarios."""

from pathlib import Path

from ictcli.config.records import Config
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.research.choices import choose_strategies
from ictcli.stress.setting import Profile, Setting

LOAD = {"probability": "0.25", "windows": "", "max_bars": "3"}
"""Of ``random_entry``: orders all the time."""


def setting_of(folder: Path, *, profile: Profile = "quick", symbols: tuple[int, ...] = (2,)) -> Setting:
    """A small set-up that trades all the time."""
    choices = choose_strategies(["random_entry"], {}, LOAD)
    book = load_symbols(Path("absent.toml"))
    return Setting(Config(), book, tuple(choices), (TIMEFRAMES["M1"],), folder, profile, symbols, seeds=2)
