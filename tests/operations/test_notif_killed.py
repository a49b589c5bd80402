"""The notifier is killed while it delivers: everything arrives, and what may have come twice says so."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from ictcli.operations.alerts_spool import lay_alert
from ictcli.operations.outbox_listing import listing
from ictcli.workspace import create
from tests.operations.alert_desks import Post, alert, post_office, wait_for

CONFIG = """[alerts]
disk_low = 0
channels.mail.url_env = "DESK_MAIL"
channels.mail.per_minute = 600
"""


def workspace(folder: Path, alerts: int) -> Path:
    """A workspace with a mail channel, and alerts that wait in its spool."""
    create(folder)
    (folder / "config" / "ictcli.toml").write_text(CONFIG)
    for number in range(1, alerts + 1):
        lay_alert(folder / "state", alert(number, at=number))
    return folder


def sending(folder: Path, url: str) -> subprocess.Popen[bytes]:
    """`ictcli alerts send`, under way."""
    environ = {**os.environ, "DESK_MAIL": url}
    command = [sys.executable, "-m", "ictcli", "--workspace", str(folder), "alerts", "send", "-q"]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill(process: subprocess.Popen[bytes]) -> bool:
    """Kill it like a power cut; whether it was still at work."""
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def told(body: str) -> list[int]:
    """Numbers of the alerts in a mail."""
    return [int(number) for number in re.findall(r"number (\d+)\r?$", body, re.M)]


def check(post: Post, folder: Path, alerts: int, kills: int) -> int:
    """Everything arrived, no more twice than kills, and each repetition says that it may be one."""
    found: Counter[int] = Counter()
    for _, body, _ in post.mails:
        known = [number for number in told(body) if found[number]]
        assert not known or "came before: whether an earlier message arrived is not known" in body
        found.update(told(body))
    assert sorted(found) == list(range(1, alerts + 1))
    twice = sum(found.values()) - alerts
    assert twice <= kills
    assert {one.deliveries[0].state for one in listing(folder / "state")} == {"sent"}
    return twice


def test_a_notifier_killed_between_two_mails_goes_on_where_it_was(tmp_path: Path) -> None:
    folder, post = workspace(tmp_path, 8), Post(pause=0.05)
    with post_office(post) as url:
        process = sending(folder, url)
        wait_for(lambda: len(post.mails) >= 3, 60.0)
        assert kill(process)
        assert sending(folder, url).wait(120.0) == 0
    check(post, folder, 8, 1)


@pytest.mark.proof
def test_a_notifier_killed_sixty_times_loses_nothing(tmp_path: Path, proof_facts: dict[str, object]) -> None:
    lot, kills, alerts = random.Random(8), 0, 0
    folder, post = workspace(tmp_path, 0), Post(pause=0.02)
    with post_office(post) as url:
        while kills < 60:
            for _ in range(4):
                alerts += 1
                lay_alert(folder / "state", alert(alerts, at=alerts))
            process, arrived = sending(folder, url), len(post.mails)
            if lot.random() < 0.3:  # anywhere, also before the first mail
                time.sleep(lot.uniform(0.2, 3.0))
            else:
                until = arrived + lot.randint(1, 6)
                wait_for(lambda: len(post.mails) >= until or process.poll() is not None, 60.0)  # noqa: B023
                time.sleep(lot.uniform(0.0, 0.03))
            kills += kill(process)
        while listing(folder / "state")[-1].deliveries[0].state != "sent":
            assert sending(folder, url).wait(120.0) == 0
        assert sending(folder, url).wait(120.0) == 0
    twice = check(post, folder, alerts, kills)
    proof_facts |= {"kills": kills, "alerts": alerts, "lost": 0, "twice": twice}
