"""Configuration of alerts and their delivery."""

from typing import Annotated, Literal

from msgspec import Meta

from ictcli.clock import parse_duration
from ictcli.config.fields import Duration, Record, SourceName, doc

SeverityName = Literal["info", "warning", "critical"]


class ChannelConfig(Record, frozen=True):
    """One way to reach people; where to is a secret of the environment (docs/alerts.md)."""

    url_env: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", title="name of a variable"),
        doc(
            "Environment variable with the address as apprise writes it, or with `_FILE` behind it the file "
            "that holds it."
        ),
    ]
    severity: Annotated[SeverityName, doc("Least severe alert that is sent here.")] = "warning"
    kinds: Annotated[
        tuple[str, ...], doc("Kinds that are sent here, as patterns such as `reconcile_*`; empty: all.")
    ] = ()
    owner: Annotated[str, doc("Send alerts of this owner only; empty: of everybody.")] = ""
    level: Annotated[
        int,
        Meta(ge=0, le=10),
        doc("0: at once. Above: at this step of escalation, when nobody has acknowledged."),
    ] = 0
    per_minute: Annotated[
        int,
        Meta(ge=1, le=600),
        doc("Messages a minute; above it several alerts are told in one message, and none is lost."),
    ] = 20
    deadline: Annotated[Duration, doc("Longest time that one message may take.")] = "20s"

    def __post_init__(self) -> None:
        if not 1 <= parse_duration(self.deadline) // 10**9 <= 600:
            raise ValueError("deadline must be from 1s to 10m")


class AlertsConfig(Record, frozen=True):
    """Who is told of what (docs/alerts.md)."""

    channels: Annotated[
        dict[SourceName, ChannelConfig],
        doc(
            "Ways to reach people by name.",
            'channels.mail.url_env = "ICTCLI_ALERTS_MAIL"',
            'channels.phone.url_env = "ICTCLI_ALERTS_PHONE"',
            'channels.phone.severity = "critical"',
            "channels.phone.level = 1",
        ),
    ] = {}
    owner: Annotated[str, doc("Who answers for alerts that name no owner of their own.")] = "operator"
    owners: Annotated[
        dict[str, str],
        doc(
            "Who answers for alerts of a kind or severity, by pattern; the first that fits.",
            'owners."reconcile_*" = "back office"',
            'owners.critical = "head of desk"',
        ),
    ] = {}
    severities: Annotated[
        dict[str, SeverityName],
        doc("Severity of kinds that is another here, by pattern.", 'severities.broker_silent = "info"'),
    ] = {}
    ledgers: Annotated[
        tuple[Literal["broker", "paper", "replay"], ...], doc("Ledgers whose alerts are sent.")
    ] = ("broker", "paper")
    first_look: Annotated[
        Duration,
        doc("How much of a ledger is told at the first look, back from its last event; later all of it."),
    ] = "24h"
    repeat_after: Annotated[
        Duration, doc("An alert that says the same again waits so long, and is told once with its count.")
    ] = "15m"
    escalate_after: Annotated[
        Duration, doc("Time without acknowledgement after which a critical alert goes one step further.")
    ] = "15m"
    escalate_steps: Annotated[
        int, Meta(ge=0, le=100), doc("Steps of escalation; a step without a channel of its own reminds.")
    ] = 3
    heartbeat_after: Annotated[
        Duration, doc("Age of a trader's heartbeat from which `alerts watch` calls it dead.")
    ] = "90s"
    start_after: Annotated[
        Duration, doc("Time that a trader may take from its start to its first heartbeat.")
    ] = "10m"
    expected: Annotated[
        tuple[int, ...],
        doc("Accounts that must be traded at any time; others may end in good order without an alert."),
    ] = ()
    ping_env: Annotated[
        str,
        doc(
            "Environment variable (or with `_FILE` behind it a file) with a web address that `alerts watch` "
            "calls while all is well; empty: none."
        ),
    ] = ""
    disk_low: Annotated[
        int, Meta(ge=0, le=10**9), doc("MiB of free disk below which an alert is given; 0: never.")
    ] = 2048
    keep: Annotated[
        Duration, doc("How long alerts are kept once nothing is left to be sent or acknowledged.")
    ] = "365d"

    def __post_init__(self) -> None:
        for name in ("repeat_after", "escalate_after", "heartbeat_after", "start_after", "keep"):
            if parse_duration(getattr(self, name)) == 0:
                raise ValueError(f"{name} must be above 0")
