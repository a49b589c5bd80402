"""An alert, who answers for it, and which channels are told."""

import hashlib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from ictcli.clock import iso
from ictcli.config.alerts import AlertsConfig, ChannelConfig

Severity = Literal["info", "warning", "critical"]
RANK: Mapping[str, int] = {"info": 0, "warning": 1, "critical": 2}

_LONGEST = 1_000


class Alert(msgspec.Struct, frozen=True, tag="alert"):
    """Something that a person must know.

    Attributes:
        key: names it for good: an alert whose key was taken in before is not taken in again.
        kind: what it is about, one word such as ``disk_low``; owners and channels are chosen by it.
        severity: info, warning or critical.
        text: one line for people; without secrets, as it leaves the machine.
        at: when it happened, ns UTC.
        source: who found it: a ledger's name, or ``desk``.
    """

    key: str
    kind: str
    severity: Severity
    text: str
    at: int
    source: str = "desk"


class Acknowledgement(msgspec.Struct, frozen=True, tag="acknowledgement"):
    """Somebody has seen alerts and takes care.

    Attributes:
        ids: numbers of alerts.
        by: who.
        reason: what is done about it, in words.
        at: when, ns UTC.
    """

    ids: tuple[int, ...]
    by: str
    reason: str
    at: int


def daily(kind: str, severity: Severity, text: str, at: int, about: str = "") -> Alert:
    """An alert about a state that lasts: at most one a day (UTC) of a kind and of what it is about."""
    return Alert(":".join((kind, about, severity, iso(at)[:10])), kind, severity, text, at)


def tidied(alert: Alert) -> Alert:
    """The alert as it is kept: one line, of bounded length, without control characters."""
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in alert.text).split())
    kind = "".join(sign for sign in alert.kind if sign.isalnum() or sign in "_.-")[:60] or "alert"
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return msgspec.structs.replace(alert, kind=kind, text=shown, key=alert.key[:200])


def fingerprint(alert: Alert) -> str:
    """What two alerts share that say the same: source, kind and text."""
    parts = (alert.source, alert.kind, alert.text)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def severity_of(alert: Alert, config: AlertsConfig) -> Severity:
    """How severe it is here."""
    for pattern, severity in config.severities.items():
        if fnmatchcase(alert.kind, pattern):
            return severity
    return alert.severity


def owner_of(kind: str, severity: str, config: AlertsConfig) -> str:
    """Who answers for an alert of a kind and severity."""
    for pattern, owner in config.owners.items():
        if fnmatchcase(kind, pattern) or fnmatchcase(severity, pattern):
            return owner
    return config.owner


def channels_of(kind: str, severity: str, owner: str, level: int, config: AlertsConfig) -> list[str]:
    """Channels of one level that an alert is for."""
    return [
        name
        for name, channel in config.channels.items()
        if channel.level == level and _takes(channel, kind, severity, owner)
    ]


def steps_to(kind: str, severity: str, owner: str, step: int, config: AlertsConfig) -> list[str]:
    """Channels that a step of escalation goes to: those of its level, else all below it again."""
    own = channels_of(kind, severity, owner, step, config)
    if own:
        return own
    below: Iterable[int] = range(step)
    return [name for level in below for name in channels_of(kind, severity, owner, level, config)]


def _takes(channel: ChannelConfig, kind: str, severity: str, owner: str) -> bool:
    if RANK[severity] < RANK[channel.severity]:
        return False
    if channel.kinds and not any(fnmatchcase(kind, pattern) for pattern in channel.kinds):
        return False
    # escalation leaves the owner behind: it is for who answers when the owner does not
    return not channel.owner or channel.level > 0 or channel.owner == owner
