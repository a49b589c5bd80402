"""``ictcli alerts``: what people must know, who was told, and who takes care."""

import click

from ictcli.cli_command import Command, CommandGroup
from ictcli.errors import UsageError
from ictcli.session import Session


@click.group(
    "alerts",
    cls=CommandGroup,
    examples=[
        "ictcli alerts list",
        "ictcli alerts ack 17 --reason 'broker is back, watched for an hour'",
        "ictcli alerts send",
        "ictcli alerts test mail",
        "ictcli alerts watch",
    ],
)
def command() -> None:
    """List, acknowledge and deliver alerts; watch from outside whether traders live."""


@command.command(
    "list", cls=Command, examples=["ictcli alerts list", "ictcli alerts list --all --last 200 --json"]
)
@click.option("--all", "everything", is_flag=True, help="Also what was acknowledged.")
@click.option(
    "--last",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    metavar="N",
    help="No more than so many of the newest.",
)
@click.pass_obj
def list_(session: Session, everything: bool, last: int) -> None:
    """List alerts that nobody has acknowledged, oldest first, and who was told.

    What ledgers and reconciliations have to tell is taken in before, and nothing is sent.
    """
    from ictcli.commands import alerts_run as work

    work.show_list(session, everything=everything, last=last)


@command.command(
    "ack",
    cls=Command,
    examples=[
        "ictcli alerts ack 17 --reason 'broker is back, watched for an hour'",
        "ictcli alerts ack 17 18 19 --reason 'known, fixed in the next release'",
        "ictcli alerts ack --all --reason 'storm of last night, ticket 204'",
    ],
)
@click.argument("ids", type=click.IntRange(1), nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="Everything that nobody has acknowledged.")
@click.option("--reason", required=True, metavar="TEXT", help="What is done about it; kept with the alerts.")
@click.pass_obj
def ack(session: Session, ids: tuple[int, ...], everything: bool, reason: str) -> None:
    """Say that you have seen alerts and take care: they are told nobody any more.

    Works beside a running notifier, which takes it over within a second.
    """
    if bool(ids) == everything:
        raise UsageError("say which alerts", hint="Give their numbers, or --all.")
    if not reason.strip():
        raise UsageError("--reason is empty", hint="Say what is done about it.")
    from ictcli.commands import alerts_run as work

    work.acknowledge(session, ids, reason.strip())


@command.command("send", cls=Command, examples=["ictcli alerts send", "ictcli alerts send --follow"])
@click.option("--follow", is_flag=True, help="Go on until it is told to end.")
@click.pass_obj
def send(session: Session, follow: bool) -> None:
    """Take in what is new, deliver what is due, and end.

    Meant for cron or a timer; with --follow it stays up beside the trader. What a channel does not take
    stays in the outbox and is tried again, later and later. Exits with 6 when a channel could not be
    reached.
    """
    from ictcli.commands import alerts_run as work

    work.send(session, follow=follow)


@command.command("test", cls=Command, examples=["ictcli alerts test mail"])
@click.argument("channel")
@click.pass_obj
def test(session: Session, channel: str) -> None:
    """Send a message of no consequence to a channel.

    Exits with 6 when it was not taken.
    """
    from ictcli.commands import alerts_run as work

    work.test(session, channel)


@command.command(
    "watch",
    cls=Command,
    examples=["ictcli alerts watch", "ictcli alerts watch --halt", "ictcli alerts watch --json"],
)
@click.option("--halt", is_flag=True, help="Set the emergency stop where a dead trader has something open.")
@click.pass_obj
def watch(session: Session, halt: bool) -> None:
    """Look from outside whether every trader that ought to run gives its heartbeat.

    Meant for cron, as a dead man's switch. A trader that is silent or gone is an alert, critical when
    positions or orders are open, and exit code 3. While all is well, and the notifier does its work, the
    address in alerts.ping_env is called: whoever listens there tells people when the calls stay away.
    """
    from ictcli.commands import alerts_watch as work

    work.watch(session, halt=halt)
