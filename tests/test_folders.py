"""Where files of one user live."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from ictcli.folders import _homeless_cache, cache_root, user_config_file


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"ICTCLI_CACHE_DIR": "/c", "XDG_CACHE_HOME": "/x"}, Path("/c")),
        ({"XDG_CACHE_HOME": "/x"}, Path("/x/ictcli")),
        ({"LOCALAPPDATA": "/l", "XDG_CACHE_HOME": "/x"}, Path("/l/ictcli")),
    ],
)
def test_the_cache_follows_the_environment(environ: dict[str, str], expected: Path) -> None:
    assert cache_root(environ) == expected


def test_the_home_directory_is_the_last_resort(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache_root({}) == tmp_path / ".cache" / "ictcli"
    assert user_config_file({}) == tmp_path / ".config" / "ictcli" / "ictcli.toml"
    assert user_config_file({"XDG_CONFIG_HOME": "/x"}) == Path("/x/ictcli/ictcli.toml")


def homeless() -> Path:
    raise RuntimeError("no home")


def test_a_user_without_a_home_still_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    _homeless_cache.cache_clear()
    found = cache_root({})
    assert (found.parent, cache_root({})) == (tmp_path, found)
    assert user_config_file({}) is None
    _homeless_cache.cache_clear()
    assert cache_root({}) == found


@pytest.mark.skipif(os.name == "nt", reason="file modes say nothing on Windows")
@pytest.mark.parametrize("planted", ["writable", "link", "file"])
def test_a_cache_that_somebody_else_laid_ready_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, planted: str
) -> None:
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    trap = tmp_path / f"ictcli-cache-{os.geteuid()}"
    if planted == "writable":
        trap.mkdir()
        trap.chmod(0o777)
    elif planted == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        trap.symlink_to(tmp_path / "elsewhere")
    else:
        trap.touch()
    _homeless_cache.cache_clear()
    found = cache_root({})
    _homeless_cache.cache_clear()
    assert found != trap
    assert stat.S_IMODE(found.stat().st_mode) == 0o700
