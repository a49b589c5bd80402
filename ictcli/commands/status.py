"""``ictcli status``: what trades, what must be seen to, what is stored and how fresh it is."""

from pathlib import Path
from typing import Any

import click

from ictcli.cli_command import Command
from ictcli.session import Session


@click.command(
    "status",
    cls=Command,
    examples=[
        "ictcli status",
        "ictcli status --json",
        "ictcli status -q --metrics /var/lib/node_exporter/ictcli_status.prom > /dev/null",
    ],
)
@click.option(
    "--metrics",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the same as a text file for Prometheus' node exporter, too.",
)
@click.pass_obj
def command(session: Session, metrics: Path | None) -> None:
    """Show what trades, what must be seen to, and what is stored.

    After all the rest, what is damaged or gone is exit code 5, a ledger on a server that cannot be reached
    6. Metrics are not written where anything but a ledger is damaged: they would count nothing of it.
    """
    from ictcli.errors import DataError, SourceUnavailable
    from ictcli.overview import overview, overview_text

    found = overview(session)
    if metrics is not None and not found["damaged"]:
        _save(session, metrics, found)
    session.out.emit(found, lambda: overview_text(found, session.out))
    if damaged := [*found["trading"]["damaged"], *found["damaged"]]:
        names = " and ".join(
            f"the {one['ledger']} ledger" if "ledger" in one else one["part"] for one in damaged
        )
        raise DataError(f"damaged: {names}; the rest is shown", hint=damaged[0]["hint"])
    if found["trading"]["unreachable"]:
        raise SourceUnavailable(
            "the broker's ledger cannot be reached; the rest is shown",
            hint="Check the server, and PGPASSWORD or ~/.pgpass.",
        )


def _save(session: Session, path: Path, found: dict[str, Any]) -> None:
    from ictcli import __version__
    from ictcli.commands.given_files import refuse_unwritable
    from ictcli.config.loading import fingerprint
    from ictcli.operations.metrics_status import status_metrics
    from ictcli.store.atomic import write_named

    refuse_unwritable(session, "--metrics", path)
    text = status_metrics(found, __version__, fingerprint(session.config.config))
    write_named(session.cwd / path, text, shared=True)
