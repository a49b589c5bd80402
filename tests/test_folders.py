"""Where files of one user live."""

import tempfile
from pathlib import Path

import pytest

from ictcli.folders import cache_root, user_config_file


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


def test_a_user_without_a_home_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)
    assert cache_root({}).parent == Path(tempfile.gettempdir())
    assert user_config_file({}) is None
