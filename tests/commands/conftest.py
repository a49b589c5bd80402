"""A workspace with trained models, made once."""

import shutil
from pathlib import Path

import pytest

from tests.commands.modelled_desk import make_desk


@pytest.fixture(scope="session")
def trained_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of ``modelled_desk``; not to be changed."""
    folder = tmp_path_factory.mktemp("modelled")
    make_desk(folder)
    return folder


@pytest.fixture
def modelled(trained_desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the current directory."""
    copy = tmp_path / "desk"
    shutil.copytree(trained_desk, copy)
    monkeypatch.chdir(copy)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    return copy
