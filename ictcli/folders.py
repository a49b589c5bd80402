"""Where files of one user live, outside every workspace."""

import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path


def cache_root(environ: Mapping[str, str]) -> Path:
    """Where compiled kernels are kept: ``$ICTCLI_CACHE_DIR``, else the user's cache directory."""
    if chosen := environ.get("ICTCLI_CACHE_DIR"):
        return Path(chosen)
    base = environ.get("LOCALAPPDATA") or environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "ictcli"
    home = _home()
    return home / ".cache" / "ictcli" if home else _homeless_cache()


def user_config_file(environ: Mapping[str, str]) -> Path | None:
    """The per-user config file, which may be absent; None for a user without a home directory."""
    base = environ.get("APPDATA") or environ.get("XDG_CONFIG_HOME")
    if base:
        return Path(base) / "ictcli" / "ictcli.toml"
    home = _home()
    return home / ".config" / "ictcli" / "ictcli.toml" if home else None


@cache
def _homeless_cache() -> Path:
    """A folder of this user among temporary files; what lies in it is run, so nobody else may write it."""
    if os.name == "nt":
        return Path(tempfile.gettempdir()) / "ictcli-cache"
    path = Path(tempfile.gettempdir()) / f"ictcli-cache-{os.geteuid()}"
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
    return path if own else Path(tempfile.mkdtemp(prefix="ictcli-cache-"))


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None
