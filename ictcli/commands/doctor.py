"""``ictcli doctor``: what could be wrong here, and how to put it right."""

import click

from ictcli.cli_command import Command
from ictcli.session import Session


@click.command("doctor", cls=Command, examples=["ictcli doctor", "ictcli doctor --json"])
@click.pass_obj
def command(session: Session) -> None:
    """Check installation and workspace; name a fix for every problem.

    Exits with 3 when a check fails; warnings alone exit with 0.
    """
    from ictcli.health import examine

    rows = examine(session)
    failed = [row.check for row in rows if row.state == "fail"]
    cells = [[row.check, row.state, _wrapped(row.detail, row.fix)] for row in rows]
    session.out.emit(
        {"healthy": not failed, "checks": rows},
        lambda: session.out.table(["check", "state", "detail"], cells),
    )
    if failed:
        session.out.finding(f"failed: {', '.join(failed)}", "Apply the fixes above and run it again.")


def _wrapped(detail: str, fix: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(detail, 80) + textwrap.wrap(f"fix: {fix}" if fix else "", 80))
