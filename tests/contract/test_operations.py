"""The operations manual: its configuration, the first look at a desk and its timetable, as they stand."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.config.loading import load
from ictcli.workspace import create
from tests.contract.pages import blocks, put_programs, read, section
from tests.contract.test_chain import jobs
from tests.operations.alert_desks import Post, free_port, mail_url, post_office

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="cron and flock are of Unix"),
    pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not installed"),
]
INSTALL = section(read("operations.md"), "Install")
NIGHTLY = ("fetch", "alerts send", "reconcile", "backup create", "backup drill", "doctor")
CUT = ('end = "1s"', 'end = "2026-09-05"')
"""The practice market has as many bars as it is old; a week of them shows the same."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose generated configuration gave way to the manual's, and its secrets."""
    create(tmp_path / "desk")
    put_programs(tmp_path)
    (config,) = blocks(INSTALL, "toml")
    assert CUT[0] in config
    (tmp_path / "desk" / "config" / "ictcli.toml").write_text(config.replace(*CUT), encoding="utf-8")
    for name, secret in (("mail.url", mail_url(free_port())), ("metrics.token", "f" * 64)):
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("ICTCLI_ALERTS_MAIL_FILE", str(tmp_path / "mail.url"))
    monkeypatch.setenv("ICTCLI_METRICS_TOKEN_FILE", str(tmp_path / "metrics.token"))
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


def by_cron(desk: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A job as cron runs it."""
    command = line.replace("/srv/desk", str(desk))
    environ = os.environ | {"PATH": f"{desk.parent / 'bin'}:/usr/bin:/bin"}
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd="/", env=environ, capture_output=True, text=True, check=False
    )


def test_a_desk_is_made_as_the_manual_tells_and_its_timetable_is_quiet(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    post = Post()
    (look,) = blocks(INSTALL, "sh")
    with post_office(post) as url:
        (desk.parent / "mail.url").write_text(url)
        for line in look.splitlines():
            code = run(shlex.split(line)[1:])
            shown = capsys.readouterr()
            assert code == 0, f"{line}\n{shown.out}{shown.err}"
        assert len(post.mails) == 1
        for name in NIGHTLY:
            done = by_cron(desk, jobs()[name][1])
            assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), name
        watched = by_cron(desk, jobs()["alerts watch"][1])
    assert watched.stdout.endswith("watch: exit 3\n"), "the account is expected, and the service is not up"


def test_a_restored_desk_trades_as_the_page_of_backups_tells(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The machine is lost behind its backup: what was kept elsewhere is a backup and the key."""
    for line in ("ictcli fetch", "ictcli trade --once", "ictcli backup create"):
        assert run(shlex.split(line)[1:]) == 0, line
    shutil.copy(desk / "state" / "secret.key", desk.parent / "KEY")
    config = desk / "config" / "ictcli.toml"
    shutil.rmtree(desk / "data")
    shutil.rmtree(desk / "state")
    (lines,) = blocks(section(read("backup.md"), "Restoring"), "sh")
    capsys.readouterr()
    for line in lines.splitlines():
        words = shlex.split(line.replace("KEY", "../KEY"), comments=True)
        if words[0] == "cd":
            monkeypatch.chdir(words[1])
            assert Path("config/ictcli.toml").read_text() == config.read_text()
            later = config.read_text().replace("2026-09-05", "2026-09-08")
            Path("config/ictcli.toml").write_text(later)
            assert run(["trade", "--once"]) == 11, "halted until somebody resumes"
            continue
        code = run(words[1:])
        shown = capsys.readouterr()
        assert code == 0 or (words[1:] == ["reconcile"] and code in {9, 10}), (
            f"{line}\n{shown.out}{shown.err}"
        )
        if words[1] == "trade":
            (taken,) = re.findall(r"^bars +(\d+)$", shown.out, re.MULTILINE)
            assert int(taken) > 90, "what came since the backup"


def test_a_restored_desk_without_bars_says_what_is_missing(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trade", "--once"]) == 5
    assert "no bars of EURUSD that give M15" in capsys.readouterr().err


def test_the_unit_hands_the_token_of_the_endpoints_over(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trade", "--systemd-unit"]) == 0
    unit = capsys.readouterr().out
    assert "\nLoadCredential=metrics.token:/etc/ictcli/metrics.token\n" in unit
    assert "\nEnvironment=ICTCLI_METRICS_TOKEN_FILE=%d/metrics.token\n" in unit
    path = desk.parent / "ictcli-trade.service"
    path.write_text(unit)
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_manual_says_what_the_configuration_is_for(desk: Path) -> None:
    config = load(desk, files=[desk / "config" / "ictcli.toml"], environ={}).config
    assert list(config.alerts.expected) == [1]
    assert set(config.alerts.channels) == {"mail"}
    assert config.trade.strategies
    assert "place of the file that `init` wrote" in INSTALL
