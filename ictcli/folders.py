"""Where files of one user live, outside every workspace."""

import tempfile
from collections.abc import Mapping
from pathlib import Path


def cache_root(environ: Mapping[str, str]) -> Path:
    """Where compiled kernels are kept: ``$ICTCLI_CACHE_DIR``, else the user's cache directory."""
    if chosen := environ.get("ICTCLI_CACHE_DIR"):
        return Path(chosen)
    base = environ.get("LOCALAPPDATA") or environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "ictcli"
    home = _home()
    return home / ".cache" / "ictcli" if home else Path(tempfile.gettempdir()) / "ictcli-cache"


def user_config_file(environ: Mapping[str, str]) -> Path | None:
    """The per-user config file, which may be absent; None for a user without a home directory."""
    base = environ.get("APPDATA") or environ.get("XDG_CONFIG_HOME")
    if base:
        return Path(base) / "ictcli" / "ictcli.toml"
    home = _home()
    return home / ".config" / "ictcli" / "ictcli.toml" if home else None


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None
