"""The checks of ``doctor`` around operation: log files, metrics, measurements, alerts, what stress left."""

import errno
import importlib.util
import os
import socket
from typing import Literal

from ictcli.errors import Busy, ConfigError
from ictcli.operations import health_state
from ictcli.operations.log_files import FOLDER, log_files
from ictcli.operations.metrics_families import INSTALL
from ictcli.session import Session
from ictcli.store.locks import exclusive
from ictcli.terminals.bridge.greeting import checked_token
from ictcli.terminals.secret import read_secret
from ictcli.trading.control import control_folder
from ictcli.trading.lock import traders

State = Literal["ok", "warn", "fail", "skip"]
Found = tuple[State, str, str]

_PATIENCE = 0.5
_ACK = "`ictcli alerts list`, then `ictcli alerts ack NUMBER --reason TEXT`"


def logs(session: Session) -> Found:
    """Log files can be written."""
    state, config = session.config.state_dir, session.config.config.log
    if config.file_level == "OFF":
        return "warn", "no log files are written", "Set log.file_level to INFO."
    if not state.is_dir():
        return "skip", "no workspace, so no log files", "ictcli init"
    folder = state / FOLDER
    if reason := _unwritable(session):
        return "fail", f"{folder}: {reason}", "Free the disk, or make the folder yours: docs/logs.md."
    found = health_state.logs(state)
    shown = f"{found['files']} files, {found['bytes'] / 2**20:.1f} MiB of {config.most_mib} MiB"
    return "ok", f"{shown}; lines from {config.file_level} on, kept for {config.keep}", ""


def _unwritable(session: Session) -> str:
    """Why no line could be appended; empty when it could."""
    folder = session.config.state_dir / FOLDER
    if folder.exists() and not folder.is_dir():
        return "is a file"
    files = log_files(folder)
    target = files[-1] if files else folder if folder.exists() else folder.parent
    if not os.access(target, os.W_OK):
        return os.strerror(errno.EACCES).lower()
    recorder = session.recorder
    return recorder.files.failure if recorder is not None and recorder.files is not None else ""


def metrics(session: Session) -> Found:
    """Where a port is set, a trader could answer on it, and one that runs does."""
    config = session.config.config.metrics
    installed = importlib.util.find_spec("prometheus_client") is not None
    if not config.port:
        fix = "Set metrics.port to watch a trader from outside: docs/metrics.md."
        return "skip", "no port is set, so a trader shows nothing of itself", fix
    if not installed:
        return "fail", "metrics.port is set and prometheus-client is not installed", INSTALL
    try:
        checked_token(read_secret(config.token_env, session.environ))
    except ConfigError as error:
        return "warn", error.message, error.hint
    running = [one for one, runs in traders(control_folder(session.config.state_dir)) if runs]
    shown = f"port {config.port}, token from {config.token_env}"
    if running and not _answers(config.port):
        fix = "Its port may have been taken at the start: see its log, then start it again."
        return "warn", f"a trader runs, and nothing answers on port {config.port}", fix
    return "ok", f"{shown}; {'a trader answers' if running else 'nobody is trading'}", ""


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE):
            return True
    except OSError:
        return False


def measurements(session: Session) -> Found:
    """What a trader measured lately is as usual."""
    config = session.config
    found = health_state.unusual(config.data_dir, config.state_dir, config.config, session.now)
    if found["error"]:
        return "warn", found["error"], "Move the damaged file away: it is history, nothing trades on it."
    if odd := found["unusual"]:
        told = "; ".join(map(health_state.unusual_text, odd))
        return "warn", told, "See docs/metrics.md, What is unusual; then `ictcli query` over `metrics`."
    if found["judged"]:
        return "ok", f"{found['judged']} measurements, all as usual", ""
    if found["too_short"]:
        days = [health_state.history_days(found[name]) for name in ("longest", "needed")]
        fix = "Let the trader run on, or raise metrics.false_alarm."
        return "skip", f"{days[0]:.1f} of the {days[1]:.1f} days of history that are needed", fix
    return "skip", "nothing was measured lately", "A trader that runs measures itself."


def stress(session: Session) -> Found:
    """No stress run was killed and left its ledgers, and perhaps a process, behind."""
    folder = session.config.state_dir / "stress"
    if not folder.is_dir():
        return "ok", "nothing is left of a killed run", ""
    try:
        with exclusive(folder.with_suffix(".lock"), "stress", now=session.now, sign=False):
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            fix = "The next `ictcli stress` removes it; so may you."
            return "warn", f"a killed run left {folder} ({size / 2**20:,.1f} MiB)", fix
    except Busy:
        return "ok", "a stress runs now", ""


def alerts(session: Session) -> Found:
    """Nothing waits for somebody to see to it."""
    found = health_state.alerts(session.config.state_dir)
    waiting = health_state.worst(found["unacknowledged"])
    if found["failed"]:
        fix = "`ictcli alerts list` shows why; check the channel and its password."
        return "warn", f"notifications that failed and are tried again: {found['failed']}", fix
    if waiting:
        return "warn", f"nobody acknowledged {', '.join(waiting)}, since {found['oldest']}", _ACK
    return "ok", "every alert was acknowledged", ""
