"""``ictcli backup``: everything that cannot be made again, copied, rotated, restored, and drilled."""

from pathlib import Path

import click

from ictcli.cli_command import Command, CommandGroup
from ictcli.session import Session

_name = click.argument("name", default="latest")
_key_option = click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The workspace's secret key where it is not here: the copy that you keep elsewhere.",
)
_metrics_option = click.option(
    "--metrics",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a text file for Prometheus' node exporter, also when it fails.",
)


@click.group(
    "backup",
    cls=CommandGroup,
    examples=[
        "ictcli backup create",
        "ictcli backup list",
        "ictcli backup verify",
        "ictcli backup drill",
        "ictcli backup restore latest --to ../desk-restored --key /media/safe/secret.key",
    ],
)
def command() -> None:
    """Back up the workspace, rotate, verify, restore, and rehearse restoring.

    A backup holds configuration, ledgers, paper terminal, checkpoints, models, metrics and everything else of
    the state; runs, data of record, logs and the secret key only when asked for. Without the key no ledger
    can be verified or go on: keep a copy of state/secret.key in another place.
    """


@command.command(
    "create", cls=Command, examples=["ictcli backup create", "ictcli backup create --with runs --with bars"]
)
@click.option(
    "--with",
    "wanted",
    type=click.Choice(["key", "runs", "bars", "logs"]),
    multiple=True,
    help="Put this in, too: the secret key, stored runs, data of record, logs.  "
    "[default: backup.runs, backup.bars, backup.logs]",
)
@_metrics_option
@click.pass_obj
def create(session: Session, wanted: tuple[str, ...], metrics: Path | None) -> None:
    """Back up while everything runs, verify the copy, then rotate.

    It appears whole or not at all; a failure leaves all older backups as they were.
    """
    from ictcli.commands import backup_run as work

    work.create(session, wanted, metrics)


@command.command("list", cls=Command, examples=["ictcli backup list", "ictcli backup list --json"])
@click.pass_obj
def listing(session: Session) -> None:
    """Show every backup, what is in it, and what lies beside it and is none.

    Exit code 3 where one is damaged.
    """
    from ictcli.commands import backup_run as work

    work.listing(session)


@command.command(
    "verify", cls=Command, examples=["ictcli backup verify", "ictcli backup verify backup-20260131T020000Z"]
)
@_name
@_key_option
@click.pass_obj
def verify(session: Session, name: str, key: Path | None) -> None:
    """Read a backup whole: hashes, seal, ledgers.

    Each ledger is held against its chain, its anchors and a rebuild of its tables. NAME is that of a backup,
    a folder, or latest. A fault is exit code 5.
    """
    from ictcli.commands import backup_run as work

    work.verify(session, name, key)


@command.command(
    "restore",
    cls=Command,
    examples=[
        "ictcli backup restore latest --to ../desk-restored",
        "ictcli backup restore /mnt/safe/backup-20260131T020000Z --to desk --key secret.key",
    ],
)
@_name
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="The workspace to make; must not be there, or be empty.",
)
@_key_option
@click.pass_obj
def restore(session: Session, name: str, target: Path, key: Path | None) -> None:
    """Make a workspace of a backup, verified before it appears.

    The emergency stop is set, because the broker may know of more than the ledger:
    `ictcli reconcile` shows it, `ictcli resume --reason TEXT` lifts the stop.
    """
    from ictcli.commands import backup_run as work

    work.restore(session, name, target, key)


@command.command(
    "drill", cls=Command, examples=["ictcli backup drill", "ictcli backup drill --scratch /mnt/other/disk"]
)
@_name
@click.option(
    "--scratch",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to restore to for a moment.  [default: the folder of the backups]",
)
@_key_option
@_metrics_option
@click.pass_obj
def drill(session: Session, name: str, scratch: Path | None, key: Path | None, metrics: Path | None) -> None:
    """Rehearse a restore: verified, timed, removed again.

    Every ledger must be one that the live one goes on from. Exit code 0, or 5 where anything is not so.
    """
    from ictcli.commands import backup_run as work

    work.drill(session, name, scratch, key, metrics)
