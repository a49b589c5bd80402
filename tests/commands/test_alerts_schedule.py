"""Alerts round the clock as docs/alerts.md tells it: its files load, lines run, systemd takes its units."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ictcli.config.loading import load
from ictcli.operations.alerts import Alert
from ictcli.workspace import create
from tests.operations.alert_desks import free_port, mail_url

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="cron, flock and systemd are of Unix")
DOC = Path(__file__).parents[2] / "docs" / "alerts.md"
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def blocks(language: str) -> list[str]:
    """Examples of a language in the page, in order."""
    return re.findall(rf"```{language}\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL)


def cron() -> tuple[dict[str, str], list[tuple[list[str], str]]]:
    """Variables of the crontab, and its lines: time and command."""
    (table,) = blocks("cron")
    lines = table.strip().splitlines()
    settings = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))
    jobs = [line.split(maxsplit=6) for line in lines if not re.match(r"[A-Z_]+=", line)]
    return settings, [(job[:5], job[6]) for job in jobs]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A workspace with a channel whose server is down, and a program that stands on the path."""
    folder = tmp_path / "desk"
    create(folder)
    (folder / "config" / "ictcli.toml").write_text(
        '[alerts]\ndisk_low = 0\nchannels.mail.url_env = "ICTCLI_ALERTS_MAIL"\n'
    )
    (tmp_path / "mail.url").write_text(mail_url(free_port()))
    program = tmp_path / "bin" / "ictcli"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ictcli "$@"\n')
    program.chmod(0o755)
    return folder


def environ(desk: Path) -> dict[str, str]:
    """Hardly a variable, as cron has it, but those of the crontab."""
    return {
        "HOME": str(desk.parent), "SHELL": "/bin/sh", "LOGNAME": "trader",
        "PATH": f"{desk.parent / 'bin'}:/usr/bin:/bin", "ICTCLI_CACHE_DIR": os.environ["ICTCLI_CACHE_DIR"],
        "ICTCLI_ALERTS_MAIL_FILE": str(desk.parent / "mail.url"),
    }  # fmt: skip


def test_the_configuration_and_the_alert_of_the_page_are_good(tmp_path: Path) -> None:
    (tmp_path / "ictcli.toml").write_text(blocks("toml")[0])
    alerts = load(tmp_path, files=[tmp_path / "ictcli.toml"], environ={}).config.alerts
    assert list(alerts.channels) == ["mail", "books", "phone"]
    (shown,) = blocks("json")
    assert msgspec.json.decode(shown, type=Alert).kind == "rack_hot"


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not installed")
def test_the_crontabs_commands_run_every_minute_and_say_nothing_when_all_is_well(desk: Path) -> None:
    settings, jobs = cron()
    assert settings["CRON_TZ"] == "UTC"
    assert settings["ICTCLI_ALERTS_MAIL_FILE"]
    for fields, command in jobs:
        assert "%" not in command  # cron takes it for the end of the line
        for field, (first, last) in zip(fields, FIELDS, strict=True):
            assert field == "*" or first <= int(field) <= last
        here = command.replace("/srv/desk", str(desk))
        done = subprocess.run(
            ["/bin/sh", "-c", here], cwd="/", env=environ(desk), capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (
        desk / "state" / "alerts.log"
    ).read_text() == "new alerts: 0; messages sent: 0, alerts in them: 0\n"
    assert (desk / "state" / "watch.log").read_text() == "nobody has traded here\n"


def systemd(*words: str) -> str:
    """What systemd complains of; nothing of a good unit."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)
    return done.stderr if not done.returncode else f"{done.returncode}: {done.stderr}"


def test_systemd_takes_the_units(desk: Path) -> None:
    names = ("ictcli-alerts.service", "ictcli-watch.service", "ictcli-watch.timer")
    paths = [desk.parent / name for name in names]
    for path, text in zip(paths, blocks("ini"), strict=True):
        path.write_text(text.replace("/usr/local/bin/ictcli", str(desk.parent / "bin" / "ictcli")))
    assert systemd("verify", "--man=no", *map(str, paths)) == ""
    (calendar,) = re.findall(r"^OnCalendar=(.*)$", paths[2].read_text(), re.MULTILINE)
    assert systemd("calendar", calendar) == ""
    paths[0].write_text(paths[0].read_text().replace("WatchdogSec", "WatchdogSek"))
    assert "WatchdogSek" in systemd("verify", "--man=no", str(paths[0]))


def test_units_and_crontab_run_the_same_commands() -> None:
    started = [re.findall(r"^ExecStart=.*ictcli (.*)$", text, re.MULTILINE) for text in blocks("ini")[:2]]
    asked = [re.findall(r"ictcli (alerts .*?) > ", command) for _, command in cron()[1]]
    assert [one[0].replace(" --follow", "") for one in started] == [one[0] for one in asked]


def memory_of(pid: int) -> float:
    """MiB that a process holds; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def test_a_notifier_under_systemd_is_ready_feeds_the_watchdog_and_ends_when_told(
    desk: Path, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60.0)
        told = {**environ(desk), "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        process = subprocess.Popen(
            [desk.parent / "bin" / "ictcli", "alerts", "send", "--follow", "-q"], cwd=desk, env=told,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            words = [manager.recv(4096).decode() for _ in range(3)]
            held = memory_of(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60.0)
    assert held < 50.0
    assert words[0].startswith("READY=1")
    assert all(word.startswith("WATCHDOG=1") for word in words[1:])
    assert (process.returncode, err) == (0, "")
    assert out == "new alerts: 0; messages sent: 0, alerts in them: 0\n"
    assert (desk / "state" / "alerts" / "notifier.pulse").is_file()
