"""The checks of ``doctor``: each looks at one thing that can be wrong and names the fix."""

import errno
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ictcli import health_operation, health_trading
from ictcli.clock import NS_PER_DAY, iso, parse_instant
from ictcli.config.records import FileSource, Mt5Source, SimSource
from ictcli.detectors.registry import check_parameters
from ictcli.errors import Busy, ConfigError, DataError, IctError, UsageError
from ictcli.folders import cache_root
from ictcli.operations.private_files import others_may_write
from ictcli.plain_file import is_there, read_plain
from ictcli.research.gates import load_gate
from ictcli.session import GATES_FILE, Session
from ictcli.strategies.expression import Expression
from ictcli.strategies.known import configure
from ictcli.strategies.loading import load
from ictcli.terminals.bridge.greeting import loopback
from ictcli.versions import package_versions

State = Literal["ok", "warn", "fail", "skip"]

_ROOM_WARN = 2 * 2**30
_ROOM_FAIL = 200 * 2**20
_STALE_NS = 7 * NS_PER_DAY
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_FREE = "Free space on that disk: docs/runbooks/disk.md."
_RELEASED = "2026-01-01"


@dataclass(frozen=True, slots=True)
class Row:
    """The outcome of one check."""

    check: str
    state: State
    detail: str
    fix: str = ""


Check = Callable[[Session], tuple[State, str, str]]


def examine(session: Session) -> list[Row]:
    """Run every check; one that breaks becomes a row of its own instead of an end."""
    return [_run(name, check, session) for name, check in CHECKS.items()]


def _run(name: str, check: Check, session: Session) -> Row:
    try:
        return Row(name, *check(session))
    except ConfigError as error:
        if name != "config":
            return Row(name, "skip", "the configuration is invalid", "Put the row `config` right first.")
        return Row(name, "fail", error.message, error.hint)
    except IctError as error:
        return Row(name, "fail", error.message, error.hint)
    except OSError as error:
        fix = (
            _FREE if error.errno in _NO_ROOM else "Check that it exists, and that you may read and write it."
        )
        where = f"{error.filename}: " if error.filename else ""
        return Row(name, "fail", f"{where}{error.strerror or error}", fix)
    except Exception as error:
        reason = " ".join(str(error).split())
        return Row(name, "fail", f"{type(error).__name__}: {reason}", "Report this with `-v` output.")


def config_facts(session: Session) -> dict[str, Any]:
    """Load every config file of the workspace and say what they hold.

    Raises:
        ConfigError: one of them is invalid.
    """
    gates = session.workspace / GATES_FILE
    if is_there(gates):
        load_gate(gates)
    config = session.config.config
    _check_strategies(session)
    check_parameters(config.detect, session.config.origin)
    _check_bridges(session)
    _check_backups(session)
    return {
        "files": [str(path) for path in session.config_files if path.is_file()],
        "sources": sorted(config.sources),
        "symbols": len(session.book.names),
        "gates": gates.is_file(),
    }


def _check_bridges(session: Session) -> None:
    for name, table in session.config.config.brokers.items():
        if table.terminal != "bridge":
            continue
        key = f"brokers.{name}.host"
        try:
            loopback(table.host)
        except ConfigError as error:
            origin = session.config.origin(key)
            raise ConfigError(f"{origin}: {key}: {error.message}", hint=error.hint) from error


def _check_backups(session: Session) -> None:
    """Refuse to put backups among what they hold: each would hold all before it."""
    loaded = session.config
    named = loaded.workspace / loaded.config.backup.folder
    if os.path.lexists(named) and not named.is_dir():
        raise ConfigError(
            f"{loaded.origin('backup.folder')}: backup.folder: {named} is no folder",
            hint="Name one, best on another disk; is that mounted?",
        )
    folder = os.path.realpath(named)
    for inside in (loaded.state_dir, loaded.data_dir, loaded.workspace / "config"):
        if folder == os.path.realpath(inside):
            raise ConfigError(
                f"{loaded.origin('backup.folder')}: backup.folder: {inside} is what is backed up",
                hint="Name a folder of its own; the best is on another disk.",
            )


def _check_strategies(session: Session) -> None:
    """Those that ``trade`` takes, and the parameters that any is given."""
    loaded = session.config
    traded = {}
    for text in loaded.config.trade.strategies:
        with _told("trade.strategies", loaded.origin("trade.strategies")):
            strategy = load(text)
            traded[strategy.name] = strategy
    for name, values in loaded.config.strategies.items():
        key = f"strategies.{name}"
        with _told(key, loaded.origin(key)):
            strategy = traded.get(name) or load(name)
            if isinstance(strategy, Expression):
                raise UsageError(f"{name} is an expression, which has no parameters")
            configure(strategy, values)


@contextmanager
def _told(key: str, origin: str) -> Iterator[None]:
    """Name the key and its file in what is refused."""
    try:
        yield
    except UsageError as error:
        raise ConfigError(f"{origin}: {key}: {error.message}", hint=error.hint) from error
    except ConfigError as error:
        raise ConfigError(f"{origin}: {error.message}", hint=error.hint) from error


def _python(session: Session) -> tuple[State, str, str]:
    return "ok", f"{platform.python_version()} on {platform.platform(terse=True)}", ""


def _packages(session: Session) -> tuple[State, str, str]:
    found = package_versions()
    missing = [name for name, version in found if not version]
    if missing:
        return "fail", "missing: " + ", ".join(missing), f"pip install {' '.join(missing)}"
    return "ok", ", ".join(f"{name} {version}" for name, version in found), ""


def _metatrader(session: Session) -> tuple[State, str, str]:
    if platform.system() != "Windows":
        return (
            "skip",
            "MetaTrader5 exists for Windows only",
            "Reach a terminal by a bridge: docs/terminals.md.",
        )
    versions = dict(package_versions(("MetaTrader5",)))
    if not versions["MetaTrader5"]:
        return "warn", "the MetaTrader5 package is not installed", "pip install ictcli[mt5]"
    return "ok", versions["MetaTrader5"], ""


def _kernel_cache(session: Session) -> tuple[State, str, str]:
    folder = cache_root(session.environ)
    if reason := _unwritable(folder):
        fix = "Set ICTCLI_CACHE_DIR to a folder you may write, or every run compiles its kernels again."
        return "warn", f"{folder}: {reason}", fix
    if platform.system() != "Windows" and (strange := others_may_write(folder, folder / "kernels")):
        fix = f"chown -R $USER {strange}; chmod -R go-w {strange}; or set ICTCLI_CACHE_DIR elsewhere"
        return "fail", f"others can write {strange}: what lies there is run as code", fix
    return "ok", str(folder), ""


def _config(session: Session) -> tuple[State, str, str]:
    facts = config_facts(session)
    named = ", ".join(facts["files"]) or "no file, all defaults"
    return "ok", f"{named}; {len(facts['sources'])} sources, {facts['symbols']} symbols", ""


def _workspace(session: Session) -> tuple[State, str, str]:
    for folder in (session.config.data_dir, session.config.state_dir):
        if reason := _unwritable(folder):
            return "fail", f"{folder}: {reason}", "Make it writable, or choose another workspace with -w."
    return "ok", str(session.workspace), ""


def _disk(session: Session) -> tuple[State, str, str]:
    free = shutil.disk_usage(_existing(session.config.data_dir)).free
    shown = f"{free / 2**30:.1f} GiB free"
    if free < _ROOM_FAIL:
        return "fail", shown, "Free some disk space: fetch needs room for a second copy of what it changes."
    return ("warn", shown, "Free some disk space soon.") if free < _ROOM_WARN else ("ok", shown, "")


def _clock(session: Session) -> tuple[State, str, str]:
    shown = iso(session.now)
    if session.now < parse_instant(_RELEASED, now=0):
        return "fail", f"the clock says {shown}", "Set the system clock: it is before this program was made."
    newest = max((last for _, last in _newest(session)), default=0)
    if newest > session.now + NS_PER_DAY:
        return "warn", f"the clock says {shown}, but bars reach {iso(newest)}", "Check clock and data."
    return "ok", shown, ""


def _locks(session: Session) -> tuple[State, str, str]:
    if platform.system() == "Windows":
        return "skip", "lock holders cannot be told from earlier ones on Windows", "Look in the task manager."
    held = []
    for path in sorted((session.config.state_dir / "locks").glob("*.lock")):
        try:
            holder = json.loads(read_plain(path))
            if _lives(holder["pid"]):
                held.append(f"{path.stem} by pid {holder['pid']} since {holder['since']}")
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return "ok", "; ".join(held) or "nothing is being written", ""


def _integrity(session: Session) -> tuple[State, str, str]:
    """Hash every stored file; one damaged series must not hide another."""
    files, bad = 0, []
    for manifest in session.store.manifests():
        try:
            if manifest.parts:
                files += len(session.store.verify(manifest.key).files)
        except DataError as error:
            bad.append(error)
    if bad:
        others = f" (and {len(bad) - 1} more series)" if len(bad) > 1 else ""
        return "fail", bad[0].message + others, bad[0].hint
    return "ok", f"{files} files read, content as their manifests say", ""


def _primary(session: Session) -> tuple[State, str, str]:
    primary = session.config.config.primary
    if not primary:
        return "skip", "[primary] names no source", "Set it once several sources hold a symbol."
    if lacking := unmet_primaries(session):
        return "warn", "; ".join(lacking), "Fetch them, or change [primary] in config/ictcli.toml."
    return "ok", f"{len(primary)} symbols, all stored from their primary source", ""


def unmet_primaries(session: Session) -> list[str]:
    """One line per symbol that is stored, but not from the source that ``[primary]`` names."""
    stored: dict[str, set[str]] = {}
    for key in session.store.keys():  # noqa: SIM118 - a store is no mapping
        stored.setdefault(key.symbol, set()).add(key.source)
    return [
        f"primary source {source!r} of {symbol} has no bars; stored: "
        f"{', '.join(sorted(stored.get(symbol, ()))) or 'nothing'}"
        for symbol, source in session.config.config.primary.items()
        if source not in stored.get(symbol, ())
    ]


def _catalog(session: Session) -> tuple[State, str, str]:
    try:
        written = session.store.catalog.tend()
    except Busy as error:
        return "warn", error.message, error.hint
    return "ok", "was stale, written again" if written else "fits what is stored", ""


def _goes_on(source: object) -> bool:
    """Whether a source may have new bars tomorrow."""
    if isinstance(source, SimSource):
        return parse_instant(source.end, now=0) != parse_instant(source.end, now=NS_PER_DAY)
    return isinstance(source, FileSource | Mt5Source)


def _freshness(session: Session) -> tuple[State, str, str]:
    sources = session.config.config.sources
    kept = {name for name, source in sources.items() if _goes_on(source)}
    newest = [(name, last) for name, last in _newest(session) if name.partition("/")[0] in kept]
    if not newest:
        return "skip", "no stored series is refreshed from a configured source", "Name one in [sources]."
    stale = [name for name, last in newest if session.now - last > _STALE_NS]
    if stale:
        return "warn", f"no bar in 7 days: {', '.join(stale)}", "ictcli fetch"
    return "ok", f"{len(newest)} series, all with bars of the last 7 days", ""


CHECKS: dict[str, Check] = {
    "python": _python,
    "packages": _packages,
    "metatrader": _metatrader,
    "kernel cache": _kernel_cache,
    "config": _config,
    "workspace": _workspace,
    "disk": _disk,
    "clock": _clock,
    "locks": _locks,
    "store": _integrity,
    "primary": _primary,
    "catalog": _catalog,
    "freshness": _freshness,
    "ledgers": health_trading.ledgers,
    "reconciliation": health_trading.reconciliation,
    "backups": health_trading.backups,
    "secrets": health_trading.secrets,
    "permissions": health_trading.permissions,
    "sqlite": health_trading.sqlite,
    "emergency stop": health_trading.emergency_stop,
    "trading": health_trading.trading,
    "brokers": health_trading.brokers,
    "server clocks": health_trading.server_clocks,
    "logs": health_operation.logs,
    "metrics": health_operation.metrics,
    "measurements": health_operation.measurements,
    "alerts": health_operation.alerts,
    "stress": health_operation.stress,
}


def _newest(session: Session) -> list[tuple[str, int]]:
    """Every stored series with the close of its last row."""
    return [(str(one.key), one.parts[-1].last_close) for one in session.store.manifests() if one.parts]


def _lives(pid: int) -> bool:
    """Whether a process of this machine has that number."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _existing(folder: Path) -> Path:
    return next(part for part in (folder, *folder.parents) if part.exists())


def _unwritable(folder: Path) -> str:
    """Why nothing can be written below ``folder`` (which may not exist yet); empty when it can."""
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            return ""
    except OSError as error:
        return (error.strerror or str(error)).lower()
