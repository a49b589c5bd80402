"""The nightly job as docs/reconcile.md tells it: its lines run, one at a time, and end when they hang."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ictcli.reconcile.keeping import last_runs
from ictcli.store.locks import exclusive
from ictcli.workspace import create

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="cron, flock and systemd are of Unix")
DOC = Path(__file__).parents[2] / "docs" / "reconcile.md"
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def blocks(language: str) -> list[str]:
    """Examples of a language in the page, in order."""
    return re.findall(rf"```{language}\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL)


def cron() -> tuple[dict[str, str], list[str], str]:
    """Variables, time and command of the crontab."""
    (table,) = blocks("cron")
    *settings, line = table.strip().splitlines()
    *fields, _user, command = line.split(maxsplit=6)
    return dict(one.split("=", 1) for one in settings), fields, command


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A workspace, and a program that stands on the path."""
    folder = tmp_path / "desk"
    create(folder)
    program = tmp_path / "bin" / "ictcli"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ictcli "$@"\n')
    program.chmod(0o755)
    return folder


def nightly(desk: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run the crontab's command as cron does: by a bare shell, in another folder, with hardly a variable."""
    command = cron()[2].replace("/srv/desk", str(desk))
    for old, new in changed.items():
        assert old in command
        command = command.replace(old, new)
    environ = {
        "HOME": str(desk.parent), "SHELL": "/bin/sh", "LOGNAME": "trader",
        "PATH": f"{desk.parent / 'bin'}:/usr/bin:/bin", "ICTCLI_CACHE_DIR": os.environ["ICTCLI_CACHE_DIR"],
    }  # fmt: skip
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd="/", env=environ, capture_output=True, text=True, check=False
    )


def test_the_crontab_is_one_and_means_utc() -> None:
    settings, fields, command = cron()
    assert settings["CRON_TZ"] == "UTC"
    assert settings["#ICTCLI_BRIDGE_TOKEN_FILE"].startswith("/")  # for those who have a bridge
    assert "%" not in command  # cron takes it for the end of the line
    for field, (first, last) in zip(fields, FIELDS, strict=True):
        assert field == "*" or first <= int(field) <= last


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not installed")
def test_the_crontabs_command_runs_and_tells_prometheus(desk: Path) -> None:
    done = nightly(desk)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("reconcile: exit 5\n")  # nobody has traded here
    assert "no ledger" in (desk / "state" / "reconcile.log").read_text()
    metrics = (desk / "state" / "reconcile.prom").read_text()
    assert 'ictcli_reconcile_exit_code{ledger="paper",mode="ledger"} 5.0' in metrics
    (kept,) = last_runs(desk / "state")
    assert (kept.result, kept.code) == ("failed", 5)


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not installed")
def test_a_second_night_does_not_begin_beside_the_first_and_a_hanging_one_ends(desk: Path) -> None:
    with exclusive(desk / "state" / "nightly.lock", "the night", now=0):
        assert nightly(desk).stdout.endswith("reconcile: exit 1\n")
    assert not (desk / "state" / "recon.db").exists()
    assert nightly(desk, **{"timeout 15m": "timeout 0.02"}).stdout.endswith("reconcile: exit 124\n")


@pytest.fixture
def units(desk: Path) -> dict[str, Path]:
    """The units, with a program that is there."""
    found = {}
    for text, name in zip(blocks("ini"), ("service", "timer"), strict=True):
        path = desk.parent / f"ictcli-reconcile.{name}"
        path.write_text(text.replace("/usr/local/bin/ictcli", str(desk.parent / "bin" / "ictcli")))
        found[name] = path
    return found


def systemd(*words: str) -> str:
    """What systemd complains of; nothing of a good unit."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)
    return done.stderr if not done.returncode else f"{done.returncode}: {done.stderr}"


def test_systemd_takes_the_units(units: dict[str, Path]) -> None:
    assert systemd("verify", "--man=no", *map(str, units.values())) == ""
    units["service"].write_text(units["service"].read_text().replace("TimeoutStartSec", "TimeoutStrtSec"))
    assert "TimeoutStrtSec" in systemd("verify", "--man=no", str(units["service"]))


def test_systemd_takes_the_service_with_the_token_of_a_bridge(units: dict[str, Path]) -> None:
    unit = units["service"].read_text()
    marked = re.findall(r"^#(.*)$", unit, re.MULTILINE)
    assert [line.partition("=")[2] for line in marked] == [
        "bridge.token:/etc/ictcli/bridge.token", "ICTCLI_BRIDGE_TOKEN_FILE=%d/bridge.token",
    ]  # fmt: skip
    units["service"].write_text(unit.replace("\n#", "\n"))
    assert systemd("verify", "--man=no", *map(str, units.values())) == ""


def test_the_timer_means_utc_and_the_service_what_the_crontab_does(units: dict[str, Path]) -> None:
    timer, service = units["timer"].read_text(), units["service"].read_text()
    (calendar,) = re.findall(r"^OnCalendar=(.*)$", timer, re.MULTILINE)
    assert calendar.endswith(" UTC")
    assert systemd("calendar", calendar) == ""
    minute, hour, *_ = cron()[1]
    assert f"{int(hour):02d}:{int(minute):02d}:00" in calendar
    (started,) = re.findall(r"^ExecStart=(.*)$", service, re.MULTILINE)
    asked = re.search(r"ictcli (reconcile .*?) > ", cron()[2])
    assert asked is not None
    assert started.endswith(asked[1])
    (limit,) = re.findall(r"^TimeoutStartSec=(.*)min$", service, re.MULTILINE)
    assert f"timeout {limit}m" in cron()[2]
