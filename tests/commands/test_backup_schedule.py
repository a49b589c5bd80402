"""The nightly backup as docs/backup.md tells it: its lines run, and systemd takes its units."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ictcli.operations.backup_log import last_of, read_log
from tests.operations.desks import desk as made_desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="cron and systemd are of Unix")
DOC = Path(__file__).parents[2] / "docs" / "backup.md"


def blocks(language: str) -> list[str]:
    """Examples of a language in the page, in order."""
    return re.findall(rf"```{language}\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL)


def jobs() -> list[str]:
    """Commands of the crontab."""
    (table,) = blocks("cron")
    lines = [line for line in table.splitlines() if not re.match(r"[A-Z_]+=", line)]
    return [line.split(maxsplit=6)[6] for line in lines]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A workspace that was traded, and a program that stands on the path."""
    program = tmp_path / "bin" / "ictcli"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ictcli "$@"\n')
    program.chmod(0o755)
    return made_desk(tmp_path / "desk").folder


@pytest.mark.skipif(shutil.which("timeout") is None, reason="timeout is not installed")
def test_the_crontabs_commands_back_up_and_drill(desk: Path) -> None:
    environ = {
        "HOME": str(desk.parent), "SHELL": "/bin/sh", "LOGNAME": "trader",
        "PATH": f"{desk.parent / 'bin'}:/usr/bin:/bin", "ICTCLI_CACHE_DIR": os.environ["ICTCLI_CACHE_DIR"],
    }  # fmt: skip
    create, drill = jobs()
    for job in (create, drill):
        assert "%" not in job  # cron takes it for the end of the line
        command = job.replace("/srv/desk", str(desk))
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd="/", env=environ, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    last = last_of(read_log(desk / "state"))
    assert last.made is not None
    assert last.drill is not None
    assert (last.made.name, last.drill.ok) == (last.drill.name, True)
    assert "ictcli_backup_drill_ok 1.0" in (desk / "state" / "backup.prom").read_text()


def test_systemd_takes_the_units_and_they_do_what_the_crontab_does(desk: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    service, timer = blocks("ini")
    (started,) = re.findall(r"^ExecStart=/usr/local/bin/(.*)$", service, re.MULTILINE)
    assert started in jobs()[0]
    assert "OnCalendar=*-*-* 02:45:00 UTC" in timer
    (table,) = blocks("cron")
    assert "\n45 2 * * * " in table
    files = []
    for name, text in (("service", service), ("timer", timer)):
        path = desk.parent / f"ictcli-backup.{name}"
        path.write_text(text.replace("/usr/local/bin/ictcli", str(desk.parent / "bin" / "ictcli")))
        files.append(str(path))
    words = ["systemd-analyze", "verify", "--man=no", *files]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    Path(files[0]).write_text(service.replace("ReadWritePaths", "ReadWrtePaths"))
    assert "ReadWrtePaths" in subprocess.run(words, capture_output=True, text=True, check=False).stderr
