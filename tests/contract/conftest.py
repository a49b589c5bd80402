"""The program and a workspace for every contract test."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ictcli.workspace import create
from tests.contract.program import PROGRAM, Run, environment


@pytest.fixture
def ictcli(tmp_path: Path) -> Run:
    """The program, run in an empty directory unless told otherwise."""
    (tmp_path / "empty").mkdir()

    def run(
        *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        options: dict[str, Any] = {"cwd": cwd or tmp_path / "empty", "env": environment(tmp_path, env)}
        return subprocess.run(
            [*PROGRAM, *args],
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
            **options,
        )

    return run


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A fresh workspace, made in process."""
    folder = tmp_path / "desk"
    create(folder)
    return folder
