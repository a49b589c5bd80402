"""The systemd unit of a workspace's trader."""

import sys

from ictcli.errors import UsageError
from ictcli.session import Session

UNIT = "ictcli-trade.service"
_LEDGER_LINES = """# The ledger is elsewhere: write ICTCLI_LEDGER_URL=... to this file and uncomment:
#EnvironmentFile=/etc/ictcli/ledger.env
"""
_KEPT_AT = "/etc/ictcli/metrics.token"
"""File of the token that the endpoints ask for."""


def unit_text(session: Session) -> str:
    """The systemd unit with this workspace, this program and this user in it.

    Raises:
        UsageError: a path holds what a unit file cannot.
    """
    from ictcli.commands.halting import who
    from ictcli.workspace import template

    values = {
        "@WORKSPACE@": str(session.workspace.resolve()),
        "@PROGRAM@": f"{sys.executable} -m ictcli",
        "@USER@": who().partition("@")[0],
    }
    for value in (values["@WORKSPACE@"], sys.executable):
        if any(letter in value for letter in " \t\n\"'%$\\"):
            raise UsageError(f"{value!r} cannot stand in a unit file", hint="Move it to a plain path.")
    values["@LEDGER@\n"] = _LEDGER_LINES if session.environ.get("ICTCLI_LEDGER_URL") else ""
    values["@METRICS@\n"] = _metrics_lines(session)
    text = template(UNIT)
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _metrics_lines(session: Session) -> str:
    """Where the token comes from, for a trader that shows its numbers: it does not start without one."""
    metrics = session.config.config.metrics
    if not metrics.port:
        return ""
    return f"LoadCredential=metrics.token:{_KEPT_AT}\nEnvironment={metrics.token_env}_FILE=%d/metrics.token\n"
