"""What one run of the program knows: workspace, configuration, store, symbols, time, output.

Everything is made when first asked for, so a command pays only for what it uses.
"""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ictcli import __version__
from ictcli.errors import ConfigError, UsageError
from ictcli.output import Output

if TYPE_CHECKING:
    from pathlib import Path

    from ictcli.config.loading import Loaded
    from ictcli.logs import Recorder
    from ictcli.market.symbols import SymbolBook
    from ictcli.models.store import ModelStore
    from ictcli.store.store import Store

CONFIG_FILE = "config/ictcli.toml"
SYMBOLS_FILE = "config/symbols.toml"
GATES_FILE = "config/gates.toml"
_DECIDING = frozenset({"ACCOUNT", "BACKTEST", "DETECT", "PRIMARY", "RISK", "SIZING", "STRESS", "TRAIN"})
"""Parts of the configuration that decide results and hold no secret."""


class Session:
    """One run of the program.

    Args:
        argv: the command line without the program's name.
        environ: environment variables.

    Attributes:
        out: where results go.
        chosen_workspace: ``--workspace``, empty when not given.
        chosen_config: ``--config``, empty when not given.
        recorder: the log; None until the configuration is known.
    """

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        self.argv = list(argv)
        self.environ = environ
        self.out = Output()
        self.chosen_workspace = ""
        self.chosen_config = ""
        self.recorder: Recorder | None = None

    @cached_property
    def cwd(self) -> "Path":
        """The current directory."""
        from pathlib import Path

        return Path.cwd()

    @cached_property
    def workspace(self) -> "Path":
        """``--workspace``, ``$ICTCLI_WORKSPACE``, the nearest parent with a config, or the current directory.

        Raises:
            UsageError: the chosen directory does not exist.
        """
        given = self.chosen_workspace or self.environ.get("ICTCLI_WORKSPACE")
        if not given:
            return find_workspace(self.cwd)
        chosen = self.cwd / given
        if not chosen.is_dir():
            raise UsageError(f"workspace {given!r} does not exist", hint=f"Run `ictcli init {given}`.")
        return chosen

    @property
    def config_files(self) -> list["Path"]:
        """The config files that count, least important first."""
        from ictcli.folders import user_config_file

        own = self.cwd / self.chosen_config if self.chosen_config else self.workspace / CONFIG_FILE
        if self.chosen_config and not own.is_file():
            raise ConfigError(f"{self.chosen_config}: no such config file")
        user = user_config_file(self.environ)
        return [user, own] if user else [own]

    @cached_property
    def config(self) -> "Loaded":
        """The merged configuration with the origin of every value."""
        from ictcli.config.loading import load
        from ictcli.logs import Recorder

        loaded = load(self.workspace, files=self.config_files, environ=self.environ)
        self.recorder = Recorder(self.out, loaded, self.environ, self.argv)
        return loaded

    @cached_property
    def book(self) -> "SymbolBook":
        """Known instruments, with the workspace's ``config/symbols.toml`` laid over the built-in ones."""
        from ictcli.market.symbols import load_symbols

        return load_symbols(self.workspace / SYMBOLS_FILE)

    @cached_property
    def store(self) -> "Store":
        """The workspace's data."""
        from ictcli.clock import parse_duration
        from ictcli.store.store import Store

        config = self.config.config
        keep = parse_duration(config.data.keep_replaced)
        return Store(self.config.data_dir, self.config.state_dir, keep, config.primary)

    @cached_property
    def models(self) -> "ModelStore":
        """The workspace's models."""
        from ictcli.models.store import models_of

        return models_of(self.store)

    def find_file(self, path: "Path") -> "Path":
        """A file that the user names: relative to the current directory, or else to the workspace."""
        here = self.cwd / path
        return path if here.is_file() else self.workspace / path

    def tend_catalog(self) -> None:
        """Write ``catalog.duckdb`` anew where it is missing or stale; where that fails, only warn."""
        from ictcli.errors import Busy, DataError

        try:
            self.store.catalog.tend()
        except (Busy, DataError) as error:
            self.out.warn(error.message)

    @cached_property
    def now(self) -> int:
        """The instant of this run, nanoseconds UTC; asked for once, so a run has one time."""
        from ictcli.clock import now_ns

        return now_ns()

    def provenance(self) -> dict[str, Any]:
        """What produced an artefact: command line, variables, configuration, version, time."""
        from ictcli.clock import iso
        from ictcli.config.loading import fingerprint

        return {
            "argv": self.argv,
            "environment": self._overrides(),
            "config": fingerprint(self.config.config),
            "version": __version__,
            "time": iso(self.now),
        }

    def _overrides(self) -> dict[str, str]:
        """Variables that changed the configuration; values only of what decides results, never a secret."""
        named = [origin[1:] for origin in self.config.origins.values() if origin.startswith("$")]
        return {
            name: self.environ[name] if name.removeprefix("ICTCLI_").split("__")[0] in _DECIDING else "…"
            for name in sorted(set(named))
        }


def new_session(argv: Sequence[str]) -> Session:
    """The session of this process."""
    return Session(argv, os.environ)


def find_workspace(start: "Path") -> "Path":
    """``start`` or its nearest parent that holds ``config/ictcli.toml``; else ``start`` itself."""
    from ictcli.plain_file import is_there

    for folder in (start, *start.parents):
        if is_there(folder / CONFIG_FILE):
            return folder
    return start
