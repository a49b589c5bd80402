"""A set-up for tests of scenarios."""

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from ictcli.config.records import Config
from ictcli.config.stress import StressConfig
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.research.choices import choose_strategies
from ictcli.stress.setting import Profile, Setting


def setting_of(
    folder: Path,
    *,
    profile: Profile = "quick",
    symbols: tuple[int, ...] = (2,),
    limits: Mapping[str, float] | None = None,
    probability: float = 0.25,
) -> Setting:
    """A small set-up with thresholds of its own; ``probability`` of an order with each bar."""
    params = {"probability": str(probability), "windows": "", "max_bars": "3"}
    choices = choose_strategies(["random_entry"], {}, params)
    book = load_symbols(Path("absent.toml"))
    plain = Config()
    config = replace(plain, trade=replace(plain.trade, warm_up=60), stress=StressConfig(**(limits or {})))
    return Setting(config, book, tuple(choices), (TIMEFRAMES["M1"],), folder, profile, symbols, seeds=2)
