"""Sources by name: what the config names, and the built-in kinds."""

import difflib
from collections.abc import Mapping
from pathlib import Path

from ictcli.config.records import FileSource, Mt5Source, SimSource, SourceConfig
from ictcli.errors import UsageError
from ictcli.sources.file_source import FilesOnDisk
from ictcli.sources.mt5_source import TerminalSource
from ictcli.sources.sim_source import SimulatedMarket
from ictcli.sources.source import Source
from ictcli.sources.subject import FileOptions

BUILT_IN = ("sim", "file", "mt5")
"""Kinds that need no entry in the config."""


def source(name: str, config: SourceConfig, folder: Path) -> Source:
    """The source that a config table describes.

    Args:
        name: what its series are stored under.
        config: its table.
        folder: what relative paths start from.
    """
    if isinstance(config, SimSource):
        return SimulatedMarket(name, config)
    if isinstance(config, Mt5Source):
        return TerminalSource(name, config)
    options = FileOptions(config.symbol, config.format, config.source_tz, config.columns)
    return FilesOnDisk(name, config.path, folder, options)


def named(name: str, configured: Mapping[str, SourceConfig]) -> SourceConfig | None:
    """The table of a configured source; None for a built-in kind that the config does not name.

    Raises:
        UsageError: it is neither.
    """
    if name in configured:
        return configured[name]
    if name in BUILT_IN:
        return None
    known = [*configured, *BUILT_IN]
    near = difflib.get_close_matches(name, known, n=1)
    raise UsageError(
        f"no source is called {name!r}",
        hint=f"Did you mean {near[0]!r}?" if near else "Use one of " + ", ".join(known) + ".",
    )


def timeframe_name(config: SourceConfig) -> str:
    """The timeframe that a config table names; empty when the data tells it."""
    return config.timeframe if isinstance(config, FileSource) else ""
