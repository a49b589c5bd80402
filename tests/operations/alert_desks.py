"""Workspaces whose people are told, mail servers that are good or bad, and what arrived."""

import asyncio
import os
import random
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from ictcli.clock import now_ns
from ictcli.config.alerts import AlertsConfig, ChannelConfig
from ictcli.config.records import Config
from ictcli.ledger.address import place_in
from ictcli.ledger.bodies import AnyBody, Start
from ictcli.ledger.journal import open_journal
from ictcli.operations.alerts import Alert
from ictcli.operations.alerts_ledger import Ledger, file_ledger
from ictcli.operations.notif import Around
from ictcli.operations.notif_running import Desk

SECOND = 10**9
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
NOON = 1_700_000_000 * SECOND
KEY = bytes(range(32))


def channel(**values: Any) -> ChannelConfig:
    """A channel of the configuration, for everything."""
    return ChannelConfig(**({"url_env": "MAIL", "severity": "info"} | values))


def alerts_config(**values: Any) -> AlertsConfig:
    """A configuration with one channel, mail, unless others are given; the disk is not looked at."""
    given: dict[str, Any] = {"channels": {"mail": channel()}, "disk_low": 0}
    return AlertsConfig(**(given | values))


def alert(number: int, **values: Any) -> Alert:
    """An alert that says something of its own."""
    given: dict[str, Any] = {
        "key": f"k{number}",
        "kind": "test",
        "severity": "warning",
        "text": f"number {number}",
        "at": NOON,
    }
    return Alert(**(given | values))


@dataclass
class Post:
    """A mail server's hands: what it took, and how it behaves.

    Attributes:
        reply: to a message; a refusal is not kept.
        pause: seconds before it answers.
        cut: the connection is closed behind the message, which was kept.
    """

    reply: str = "250 taken"
    pause: float = 0.0
    cut: bool = False
    mails: list[tuple[str, str, float]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        """Take a message, or not."""
        mail = message_from_bytes(_raw(envelope), policy=default)
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.reply.startswith("250"):
            body = mail.get_content()
            self.mails.append((str(mail["Subject"]), body, now_ns() / 1e9))
        if self.cut and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return self.reply


def _raw(envelope: Envelope) -> bytes:
    assert isinstance(envelope.content, bytes)
    return envelope.content


@contextmanager
def post_office(post: Post, port: int = 0) -> Iterator[str]:
    """A mail server on this machine; its address as apprise writes it."""
    port = port or free_port()
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mail_url(port)
    finally:
        controller.stop()


def mail_url(port: int) -> str:
    """The address of a mail server, with what must not be seen."""
    return f"mailto://127.0.0.1:{port}?from=desk@example.com&to=canary@example.com"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def desk_of(
    folder: Path,
    config: AlertsConfig,
    environ: dict[str, str],
    ledgers: Sequence[Ledger] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> Desk:
    """A workspace; its state folder is made."""
    state = folder / "state"
    state.mkdir(exist_ok=True)
    around = Around(dict(os.environ) | environ, "desk", now_ns, random.Random(1), tell)
    return Desk(state, msgspec.structs.replace(Config(), alerts=config), lambda: list(ledgers), around)


def write_ledger(folder: Path, *bodies: AnyBody, now: int = NOON) -> Ledger:
    """A ledger with these events more, as a trader writes it."""
    place = place_in(folder, KEY)
    with open_journal(place, now=now) as journal:
        if not journal.last:
            journal.append([start()], now)
        if bodies:
            journal.append(list(bodies), now)
    return file_ledger("paper", folder / "ledger.db")


def start(account: int = 7) -> Start:
    """A trader's beginning."""
    return Start(
        run="r", epoch=1, mode="paper", account=account, server="Paper", currency="USD", version="1",
        config="c", strategies=("fvg_retest@1:aaaa",),
    )  # fmt: skip


def wait_for(what: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something holds."""
    for _ in range(int(seconds / 0.02)):
        if what():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")
