"""How much the notifier bears: alerts a minute, seconds until people know, memory; what it costs a trader."""

import os
import re
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from ictcli.clock import monotonic, now_ns
from ictcli.ledger.address import paper_place
from ictcli.ledger.bodies import Alerted, Cash
from ictcli.ledger.journal import open_journal
from ictcli.operations.alerts_spool import lay_alert
from ictcli.operations.notif_intake import Intake
from ictcli.operations.notif_storm import Weathered, feed, weathered
from ictcli.operations.outbox import outbox
from ictcli.operations.outbox_listing import listing
from ictcli.operations.outbox_rows import Standing
from ictcli.workspace import create
from tests.operations.alert_desks import (
    NOON,
    SECOND,
    Post,
    alert,
    alerts_config,
    desk_of,
    mail_url,
    post_office,
    start,
    wait_for,
)

CONFIG = """[alerts]
disk_low = 0
channels.mail.url_env = "DESK_MAIL"
channels.mail.severity = "info"
"""


def following(folder: Path, url: str) -> subprocess.Popen[bytes]:
    """A workspace's notifier beside whoever writes; it has looked once when this returns."""
    create(folder)
    (folder / "config" / "ictcli.toml").write_text(CONFIG)
    command = [sys.executable, "-m", "ictcli", "-w", str(folder), "alerts", "send", "--follow", "-q"]
    process = subprocess.Popen(command, env={**os.environ, "DESK_MAIL": url}, stdout=subprocess.DEVNULL)
    wait_for((folder / "state" / "alerts" / "notifier.pulse").exists, 60.0)
    return process


def ended(process: subprocess.Popen[bytes]) -> None:
    """End it in good order."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(60.0) == 0


def peak(process: subprocess.Popen[bytes]) -> float:
    """MiB that a process held at most."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def test_a_storm_counts_what_was_told_and_how_long_the_slowest_share_took(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, alerts_config(), {})
    feed(desk.state, range(4), NOON)
    lay_alert(desk.state, alert(1))
    with outbox(desk.state, now=NOON) as box:
        assert Intake(desk.state, desk.config, list).bring(box, NOON) == 5
        storm = [row for row in box.due("mail", NOON) if row.source == "storm"]
        for second, row in enumerate(storm[:3], 1):
            box.sending("mail", [row], Standing(0, 0, 0), NOON)
            box.sent("mail", [row], NOON + second * SECOND)
    found = weathered(desk.state)
    assert found == Weathered(4, 3, (1.0, 2.0, 3.0))
    assert (found.quantile(0.5), found.quantile(0.75), found.quantile(0.95)) == (2.0, 3.0, float("inf"))


@pytest.mark.proof
def test_a_mail_is_there_within_eight_seconds(tmp_path: Path, proof_facts: dict[str, object]) -> None:
    post = Post()
    with post_office(post) as url:
        process = following(tmp_path, url)
        took = []
        for number in range(60):
            began = now_ns()
            lay_alert(tmp_path / "state", alert(number, severity="critical", at=began))
            wait_for(lambda: len(post.mails) > number, 60.0)  # noqa: B023
            took.append(post.mails[-1][2] - began / 1e9)
            time.sleep(0.2 if number % 3 else 11.0)  # beside a courier that waits, and without one
        ended(process)
    took.sort()
    proof_facts |= {"mails": len(took), "median_s": took[29], "p95_s": took[56], "longest_s": took[-1]}
    assert took[56] < 8.0


@pytest.mark.proof
def test_a_thousand_alerts_a_minute_are_told_within_thirty_seconds(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    post = Post()
    with post_office(post) as url:
        process = following(tmp_path, url)
        began = monotonic()
        for second in range(60):
            feed(tmp_path / "state", range(second * 17, second * 17 + 17), now_ns())
            time.sleep(max(0.0, began + second + 1 - monotonic()))
        fed = monotonic() - began
        wait_for(lambda: weathered(tmp_path / "state").told == 1020, 120.0)
        used, found = peak(process), weathered(tmp_path / "state")
        ended(process)
    proof_facts |= {
        "alerts": found.alerts, "fed_s": round(fed, 1), "messages": len(post.mails),
        "lost": 1020 - found.told, "median_s": found.quantile(0.5), "p95_s": found.quantile(0.95),
        "longest_s": found.seconds[-1], "memory_mib": used,
    }  # fmt: skip
    assert found.quantile(0.95) < 30.0
    assert used < 50.0


def appended(folder: Path, seconds: float) -> list[float]:
    """A trader's journal, an event or alert at a time; seconds that each took to be durable, in order."""
    took = []
    with open_journal(paper_place(folder / "state"), now=now_ns()) as journal:
        journal.append([start()], now_ns())
        until, number = monotonic() + seconds, 0
        while monotonic() < until:
            number += 1
            cash = Cash(key=f"{now_ns()}", what="fee", amount=Decimal(1), ts=now_ns())
            told = Alerted(severity="warning", code="storm", text=f"number {number} of {seconds}")
            began = monotonic()
            journal.append([told if number % 50 == 0 else cash], now_ns())
            took.append(monotonic() - began)
            time.sleep(0.002)
    return sorted(took)


@pytest.mark.proof
def test_a_trader_waits_for_no_notifier_whatever_the_mail_server_does(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    create(tmp_path)
    alone = appended(tmp_path, 20.0)
    post = Post(pause=600.0)
    with post_office(post) as url:
        process = following(tmp_path, url)
        slow = appended(tmp_path, 20.0)
        process.kill()
        process.wait()
    process = following(tmp_path, mail_url(9))
    down = appended(tmp_path, 20.0)
    ended(process)
    facts = {}
    for name, took in (("alone", alone), ("slow server", slow), ("server down", down)):
        facts[name] = {
            "events": len(took),
            "median_ms": took[len(took) // 2] * 1e3,
            "p99_ms": took[-len(took) // 100] * 1e3,
        }
    proof_facts |= facts
    kept = [one for one in listing(tmp_path / "state", everything=True) if one.source == "paper"]
    told = sum(len(took) // 50 for took in (alone, slow, down))
    proof_facts |= {"alerts": told, "in_the_outbox": len(kept)}
    assert len(kept) == told
    assert slow[len(slow) // 2] < 3 * alone[len(alone) // 2] + 0.001
