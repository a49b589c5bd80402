"""The checks of ``doctor`` around trading: ledgers, secrets, SQLite, traders, brokers, server clocks."""

import os
import platform
import socket
import sqlite3
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ictcli.clock import iso, parse_duration
from ictcli.config.trading import BrokerConfig
from ictcli.errors import ConfigError, IctError
from ictcli.ledger.address import LEDGERS, LedgerName, Place, place_of
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.chain import KEPT_ELSEWHERE, account_files, sealed_files
from ictcli.ledger.opening import copied
from ictcli.ledger.verification import verify_tail
from ictcli.market.clocks import parse_rule
from ictcli.operations.backup_standing import Standing, standing
from ictcli.operations.log_masking import secret_variables
from ictcli.operations.private_files import exposed, steering_files
from ictcli.reconcile.freshness import Freshness, freshness
from ictcli.session import Session
from ictcli.terminals.secret import read_secret
from ictcli.trading.control import control_folder
from ictcli.trading.latch import LATCH_FILE, RESERVE_FILE, Latch
from ictcli.trading.lock import traders
from ictcli.trading.paper_state import check_terminal

State = Literal["ok", "warn", "fail", "skip"]
Found = tuple[State, str, str]

_KEY = "secret.key"
_BEGIN = "`ictcli trade SYMBOL --strategy NAME` begins on paper."
_NAME_ONE = "To trade at a broker, add a table [brokers.NAME]: docs/terminals.md."
_LARGE_LOG = 64 * 2**20
_PATIENCE = 0.5
_MOST_NAMED = 4


def _ledgers(session: Session) -> dict[LedgerName, Place]:
    state = session.config.state_dir
    if not (state / _KEY).exists():
        return {}
    places = {name: place_of(name, state, session.environ) for name in LEDGERS}
    return {name: place for name, place in places.items() if place.exists or place.lost}


def ledgers(session: Session) -> Found:
    """Every ledger opens, has its anchors, and is chained behind the last of them."""
    told, bad, cut = [], [], []
    events: dict[str, int] = {}
    for name, place in _ledgers(session).items():
        with copied(place) as stored:
            report = verify_tail(stored, place.key, read_anchors(place.anchors, place.key))
            tickets = stored.tickets()
        if name == "paper" and report.events:
            check_terminal(session.config.state_dir / "paper", tickets)
        events[name] = report.events
        told.append(f"{name}: {report.events:,} events, {report.anchors} anchors")
        bad += [f"{name} ledger, event {fault.seq}: {fault.detail}" for fault in report.faults]
        cut += [f"{place.anchors} was lost or cut"] if report.lacking else []
    if bad:
        return (
            "fail",
            "; ".join(bad),
            "Run `ictcli ledger verify`, then see docs/ledger.md, When it is refused.",
        )
    if cut:
        fix = "ictcli reconcile: a tail that went with it shows at the broker only. A start notes it anew."
        return "warn", "; ".join(cut), fix
    if behind := _standing(session).beyond(events):
        fix = "It was set back: docs/backup.md. Begun anew on purpose? Move the older backups away."
        return "fail", "; ".join(behind), fix
    if gone := _gone(session):
        return (
            "warn",
            gone,
            "Restore it: docs/backup.md; a new account is begun by `ictcli trade`.",
        )
    return ("ok", "; ".join(told), "") if told else ("skip", "nobody has traded here", _BEGIN)


def _gone(session: Session) -> str:
    """What there is to say where no ledger of an account is left, and a backup held one."""
    if account_files(session.config.state_dir) or any(name != "replay" for name in _ledgers(session)):
        return ""
    held = _standing(session).any
    return f"no ledger is here, and {held.backup} holds {held.events:,} events" if held else ""


def _standing(session: Session) -> Standing:
    config = session.config
    folder = session.workspace / config.config.backup.folder
    return standing(folder, config.state_dir, config.config.backup, session.now)


def reconciliation(session: Session) -> Found:
    """Every ledger with a broker behind it was reconciled lately, and nothing was found."""
    names = [name for name in _ledgers(session) if name != "replay"]
    if not names:
        return "skip", "nobody has traded here", _BEGIN
    stale_after = session.config.config.reconcile.stale_after
    found = freshness(
        session.config.state_dir, names, now=session.now, stale_after=parse_duration(stale_after)
    )
    told = "; ".join(_reconciled(one) for one in found)
    for one in found:
        if one.result == "findings":
            return "fail", told, f"See docs/reconcile.md, then run `ictcli reconcile --ledger {one.ledger}`."
    for one in found:
        if one.differed:
            again = f"ictcli reconcile --ledger {one.ledger} --against-backtest"
            return "fail", told, f"See docs/reconcile.md, then run `{again}`."
    for one in found:
        if one.stale or one.result != "clean" or one.unfinished:
            late = "run it nightly (docs/reconcile.md)" if one.stale else "see why"
            return "warn", told, f"ictcli reconcile --ledger {one.ledger}; {late}"
    return "ok", told, ""


def _reconciled(one: Freshness) -> str:
    apart = f", {one.against_backtest}" if one.differed else ""
    if not one.run:
        return f"{one.ledger}: never reconciled{apart}"
    later = f", a run begun at {iso(one.unfinished)} has not ended" if one.unfinished else ""
    result = f"{one.roots} finding{'s' * (one.roots != 1)}" if one.result == "findings" else one.result
    return f"{one.ledger}: {result} at {iso(one.at)}{f', {one.error}' if one.error else ''}{later}{apart}"


def secrets(session: Session) -> Found:
    """Nobody but the owner can read the key, or a file that holds a secret of the configuration."""
    if platform.system() == "Windows":
        return "skip", "file modes say nothing on Windows", "See that the state folder is yours alone."
    files = [session.config.state_dir / _KEY]
    named = (session.environ.get(f"{name}_FILE", "") for name in secret_variables(session.config.config))
    files += [Path(name) for name in named if name]
    present = [path for path in files if path.is_file()]
    open_to = [path for path in present if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_to:
        names = " ".join(map(str, open_to))
        return "fail", f"others can read {names}", f"chmod 600 {names}"
    if not present:
        if sealed_files(session.config.state_dir):
            return "fail", "a ledger without its secret key", KEPT_ELSEWHERE
        return "skip", "no secret key", "ictcli init"
    return "ok", f"{len(present)} files, for their owner only", ""


def permissions(session: Session) -> Found:
    """What trading keeps is its owner's alone, and nobody else can write what it obeys."""
    if platform.system() == "Windows":
        return "skip", "file modes say nothing on Windows", "See that the state folder is yours alone."
    config = session.config
    steering = steering_files(session.workspace, session.config_files)
    found = exposed(config.state_dir, config.workspace / config.config.backup.folder, (), steering)
    if found.writable:
        names = _named(found.writable)
        return "fail", f"others can write {names}", f"chmod go-w {names}"
    if found.readable:
        return "warn", f"others can read {_named(found.readable)}", f"chmod -R go-rwx {config.state_dir}"
    return (
        "ok",
        "ledgers, control files, outbox and backups are their owner's alone; nobody else writes the rest",
        "",
    )


def _named(paths: Sequence[Path]) -> str:
    more = len(paths) - _MOST_NAMED
    return " ".join(map(str, paths[:_MOST_NAMED])) + (f" (and {more} more)" if more > 0 else "")


def backups(session: Session) -> Found:
    """The workspace was backed up lately, and a restore was tried."""
    if not _ledgers(session) and not _gone(session):
        return "skip", "nobody has traded here", _BEGIN
    found = _standing(session)
    if found.late:
        fix = "ictcli backup create, ictcli backup drill; nightly: docs/backup.md"
        return "warn", "; ".join(found.late), fix
    last = found.last
    assert last.made is not None
    assert last.drill is not None
    return "ok", f"{last.made.name}; drilled {iso(last.drill.at)[:16]} in {last.drill.seconds:.1f} s", ""


def sqlite(session: Session) -> Found:
    """The SQLite that is linked, and how much waits in the write-ahead logs."""
    waiting = 0
    for place in _ledgers(session).values():
        if place.address.file is not None:
            log = place.address.file.with_name(f"{place.address.file.name}-wal")
            waiting += log.stat().st_size if log.exists() else 0
    shown = f"SQLite {sqlite3.sqlite_version}, one writer; {waiting / 2**20:.1f} MiB in write-ahead logs"
    if waiting > _LARGE_LOG:
        return (
            "warn",
            shown,
            "A reader holds the log up: end long queries; it is folded in at the next commits.",
        )
    return "ok", shown, ""


def emergency_stop(session: Session) -> Found:
    """No stop holds, and the next one could be set on a full disk."""
    control = control_folder(session.config.state_dir)
    if os.path.lexists(control) and not control.is_dir():
        return "fail", f"{control} is no folder, so no stop can be set", "Move it away: who made it?"
    latch = Latch(control)
    halt = latch.halt()
    if halt is None:
        reserve = control / RESERVE_FILE
        if control.is_dir() and not (reserve.is_file() and not reserve.is_symlink()):
            fix = "The next `ictcli trade` lays it ready."
            return "warn", "none holds; no room is reserved for one on a full disk", fix
        return "ok", "none holds", ""
    if not halt.epoch:
        fix = f"Look at {control / LATCH_FILE}: who made it? Then `ictcli resume --reason TEXT`."
        return "fail", f"nothing is sent: {halt.reason}", fix
    since = f"nothing is sent since {iso(halt.ts // 10**9 * 10**9)} (by {halt.by}): {halt.reason}"
    return "warn", since, "When its cause is gone: ictcli resume --reason TEXT"


def trading(session: Session) -> Found:
    """Who holds the lock of an account."""
    held = [
        f"account {one.account} ({one.mode}) by pid {one.pid} since {iso(one.since)}"
        for one, running in traders(control_folder(session.config.state_dir))
        if running
    ]
    return "ok", "; ".join(held) or "nobody is trading", ""


def brokers(session: Session) -> Found:
    """Every broker's table has what a connection needs; nothing is logged in to."""
    tables = session.config.config.brokers
    bad = [f"{name}: {why}" for name, table in tables.items() for why in _lacking(table, session)]
    if bad:
        return (
            "warn",
            "; ".join(bad),
            "See docs/terminals.md; `ictcli trade --dry-run --once` tries a connection.",
        )
    told = ", ".join(f"{name} ({table.terminal})" for name, table in tables.items())
    return ("ok", told, "") if told else ("skip", "no broker is configured", _NAME_ONE)


def server_clocks(session: Session) -> Found:
    """Every broker's clock rule is one."""
    rules = {name: table.server_tz for name, table in session.config.config.brokers.items()}
    for name, rule in rules.items():
        try:
            parse_rule(rule)
        except (ValueError, IctError) as error:
            return "fail", f"brokers.{name}.server_tz: {error}", "Examples: ny+7, Europe/Athens, +02:00."
    if not rules:
        return "skip", "no broker is configured", _NAME_ONE
    told = ", ".join(f"{name} {rule}" for name, rule in rules.items())
    return "ok", f"{told}; confirmed by a fresh quote at every start", ""


def _variables(broker: BrokerConfig) -> list[str]:
    names = [broker.password_env, broker.token_env if broker.terminal == "bridge" else ""]
    return [name for name in names if name]


def _lacking(broker: BrokerConfig, session: Session) -> list[str]:
    found = []
    if broker.terminal == "local" and platform.system() != "Windows":
        found.append("a local terminal exists under Windows only")
    if broker.terminal != "simulated" and not broker.login:
        found.append("no login")
    for name in _variables(broker) if broker.terminal != "simulated" else ():
        try:
            read_secret(name, session.environ)
        except ConfigError as error:
            found.append(error.message)
    if broker.terminal == "bridge" and not _answers(broker):
        found.append(f"no bridge listens on {broker.host}:{broker.port}")
    return found


def _answers(broker: BrokerConfig) -> bool:
    try:
        with socket.create_connection((broker.host, broker.port), timeout=_PATIENCE):
            return True
    except OSError:
        return False
