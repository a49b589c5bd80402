"""What ``ictcli backup`` does: back up, show, verify, restore, drill; every end is noted for `doctor`."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ictcli.errors import DataError, ExitCode, IctError, UsageError
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.ledger.address import LedgerName, Place
    from ictcli.operations.backup import Made
    from ictcli.operations.backup_contents import Workspace
    from ictcli.operations.backup_log import Done, What
    from ictcli.operations.backup_manifest import Manifest
    from ictcli.operations.backup_restore import Drill, Restored

T = TypeVar("T")
LATEST = "latest"


def create(session: Session, wanted: Sequence[str], metrics: Path | None) -> None:
    """Make a backup and note how it ended."""
    from ictcli.operations import backup
    from ictcli.operations.backup_contents import Ask

    settings = session.config.config.backup
    ask = Ask(
        key="key" in wanted,
        runs=settings.runs or "runs" in wanted,
        bars=settings.bars or "bars" in wanted,
        logs=settings.logs or "logs" in wanted,
    )
    workspace = _workspace(session)

    def work() -> backup.Made:
        return backup.create(workspace, settings, ask, now=session.now)

    made = _noted(
        session, "create", metrics, work, lambda made: (made.backup.name, made.backup.manifest), _unrotated
    )
    manifest = made.backup.manifest
    document = {
        **_document(made.backup.name, made.backup.folder, manifest),
        "removed": made.removed, "damaged": made.damaged, "behind": list(made.behind),
        "missing": list(made.missing),
        "left_out": list(manifest.left_out),
    }  # fmt: skip
    session.out.emit(document, lambda: _made_text(made))
    _warn_of(session, made)
    if why := _unrotated(made):
        session.out.finding(
            f"{made.backup.name} was made, and no older backup was removed: {why}",
            hint="Restore what was lost: docs/backup.md; where it was meant, move the older backups away.",
        )


def _unrotated(made: "Made") -> str:
    """Why nothing was removed though something may be lost; empty where all is well."""
    ledgers = [f"an older one holds more of the {ledger} ledger than there is now" for ledger in made.behind]
    gone = ", ".join(made.missing[:5])
    return "; ".join(
        [*ledgers, *([f"the one before holds what is not here any more: {gone}"] if gone else [])]
    )


def _warn_of(session: Session, made: "Made") -> None:
    manifest = made.backup.manifest
    for note in made.notes:
        session.out.warn(note)
    if manifest.left_out:
        session.out.warn(f"links and special files are left out: {', '.join(manifest.left_out[:5])}")
    if not manifest.settled:
        session.out.warn("the paper trader never stood still: its terminal may be ahead of its ledger")
    for name, why in made.damaged.items():
        session.out.warn(f"{name} is damaged, not counted and not removed: {why}")
    outside = [path for path in session.config_files if path.is_file() and not _inside(session, path)]
    if outside:
        session.out.note(f"not in it: settings from {', '.join(map(str, outside))}")
    if manifest.ledgers and not manifest.holds_key:
        session.out.note("the secret key is not in it: keep a copy of state/secret.key in another place")


def listing(session: Session) -> None:
    """Show what lies in the folder of the backups."""
    from ictcli.clock import iso
    from ictcli.operations.backup import backup_folder
    from ictcli.operations.backup_rotation import shelf_of

    folder = backup_folder(_workspace(session), session.config.config.backup)
    shelf = shelf_of(folder)
    rows = [_document(one.name, one.folder, one.manifest) for one in reversed(shelf.backups)]

    def text() -> str:
        if not rows and not shelf.damaged:
            return f"no backups in {folder}; make one with `ictcli backup create`"
        cells = [
            [
                one.name, iso(one.manifest.created)[:16], f"{one.manifest.size / 2**20:,.1f}",
                len(one.manifest.files), _events_text(one.manifest),
                "yes" if one.manifest.holds_key else "no",
            ]
            for one in reversed(shelf.backups)
        ]  # fmt: skip
        table = session.out.table(["backup", "made", "MiB", "files", "events", "key"], cells)
        return "\n".join([table, *(f"damaged: {name}: {why}" for name, why in shelf.damaged.items())])

    session.out.emit({"folder": str(folder), "backups": rows, "damaged": shelf.damaged}, text)
    if shelf.damaged:
        session.out.finding(
            f"{len(shelf.damaged)} damaged in {folder}", hint="`ictcli backup create` makes a whole one."
        )


def verify(session: Session, name: str, key: Path | None) -> None:
    """Read a backup whole and say what it holds."""
    from ictcli.operations.backup_checking import check_backup

    folder = _folder_of(session, name)
    if name == LATEST and (told := _fuller(session, folder)):
        session.out.warn(told)
    checked = check_backup(folder, _key(session, key))
    document = {
        **_document(folder.name, folder, checked.manifest), "keyed": checked.keyed, "faults": checked.faults,
    }  # fmt: skip

    def text() -> str:
        manifest = checked.manifest
        lines = [f"{folder.name}: {len(manifest.files)} files, {manifest.size / 2**20:,.1f} MiB"]
        lines += [f"{one.ledger} ledger: {one.events:,} events" for one in manifest.ledgers]
        lines += [f"fault: {fault}" for fault in checked.faults]
        good = "every file, the seal and every ledger are what was written"
        bare = "every file is what its manifest says; without the key nothing tells who wrote the manifest"
        return "\n".join(lines if checked.faults else [*lines, good if checked.keyed else bare])

    session.out.emit(document, text)
    checked.require_good(folder.name)
    for note in checked.notes:
        session.out.warn(note)
    if checked.manifest.ledgers and not checked.keyed:
        session.out.warn("no ledger was verified: there is no secret key; pass --key FILE")


def restore(session: Session, name: str, target: Path, key: Path | None) -> None:
    """Make a workspace of a backup."""
    from ictcli.commands.halting import who
    from ictcli.operations import backup_restore

    folder, place = _folder_of(session, name), Path(os.path.normpath(session.cwd / target))
    _require_elsewhere(session, place)
    if name == LATEST and (told := _fuller(session, folder)):
        raise UsageError(f"which backup? {told}", hint=f"Name it, or {folder.name} where that is meant.")
    done = backup_restore.restore(folder, place, _key(session, key), by=who(), now=session.now)
    document = {
        **_document(folder.name, folder, done.manifest),
        "workspace": str(place), "halted": True, "notes": done.notes,
    }  # fmt: skip
    session.out.emit(document, lambda: _restored_text(done, place))
    for one in done.notes:
        session.out.warn(one)


def _require_elsewhere(session: Session, place: Path) -> None:
    """Refuse to restore into what is backed up itself, or among the backups.

    Raises:
        UsageError: the target is there.
    """
    backups = session.workspace / session.config.config.backup.folder
    own = [*_workspace(session).roots.values(), backups]
    inside = next((one for one in own if place.resolve().is_relative_to(one.resolve())), None)
    if inside is not None:
        raise UsageError(
            f"{place} is in {inside}, which the workspace here needs for itself",
            hint="Name a folder beside the workspace, such as ../desk-restored.",
        )


def drill(session: Session, name: str, scratch: Path | None, key: Path | None, metrics: Path | None) -> None:
    """Try a restore and note how it ended."""
    from ictcli.commands.halting import who
    from ictcli.operations import backup_restore

    folder = _folder_of(session, name)
    if name == LATEST and (told := _fuller(session, folder)):
        session.out.warn(told)
    where = folder.parent if scratch is None else session.cwd / scratch

    def work() -> backup_restore.Drill:
        live = _live(session)
        return backup_restore.drill(folder, where, _key(session, key), live, by=who(), now=session.now)

    done = _noted(session, "drill", metrics, work, lambda done: (folder.name, done.restored.manifest))
    ledgers = [
        {
            "ledger": one.ledger, "events": one.events, "rows": one.rows,
            "behind": done.behind.get(one.ledger),
        }
        for one in done.restored.manifest.ledgers
    ]  # fmt: skip
    document = {
        "name": folder.name, "seconds": round(done.seconds, 3), "size": done.restored.manifest.size,
        "files": len(done.restored.manifest.files), "ledgers": ledgers,
    }  # fmt: skip
    session.out.emit(document, lambda: _drill_text(folder.name, done))
    if apart := [one.ledger for one in done.restored.manifest.ledgers if one.ledger not in done.compared]:
        session.out.warn(f"compared with no live ledger: there is no {' or '.join(apart)} ledger here")


def _noted(
    session: Session, what: "What", metrics: Path | None, work: Callable[[], T],
    about: "Callable[[T], tuple[str, Manifest]]", doubt: Callable[[T], str] = lambda _: "",
) -> T:  # fmt: skip
    """Do it; note how it ended and tell Prometheus, whatever came of it; a doubt is exit code 3.

    Raises:
        IctError: that it ended with.
    """
    from ictcli.clock import monotonic, now_ns
    from ictcli.operations.backup_log import Done

    begun = monotonic()
    try:
        with session.out.progress(f"backup {what}"):
            result = work()
    except IctError as error:
        failed = Done(
            what=what, at=now_ns(), name="", ok=False, seconds=monotonic() - begun, error=error.message
        )
        with suppress(DataError):  # what went wrong first is what is told
            _note(session, failed, int(error.code), metrics)
        raise
    name, manifest = about(result)
    done = Done(
        what=what, at=now_ns(), name=name, ok=True, seconds=monotonic() - begun, size=manifest.size,
        events=sum(one.events for one in manifest.ledgers),
    )  # fmt: skip
    _note(session, done, int(ExitCode.FINDING if doubt(result) else ExitCode.OK), metrics)
    return result


def _note(session: Session, done: "Done", code: int, metrics: Path | None) -> None:
    from ictcli.operations.backup_log import metrics_text, note, read_log
    from ictcli.store.atomic import write_named

    state = session.config.state_dir
    if state.is_dir():
        note(state, done)
    if metrics is not None:
        write_named(session.cwd / metrics, metrics_text(read_log(state), code).encode(), shared=True)


def _workspace(session: Session) -> "Workspace":
    from ictcli.operations.backup_contents import Workspace

    config = session.config
    return Workspace(session.workspace, config.state_dir, config.data_dir, session.environ)


def _folder_of(session: Session, name: str) -> Path:
    """The backup that is meant.

    Raises:
        UsageError: there is no such one.
        DataError: the latest is meant, and all are damaged.
    """
    from ictcli.operations.backup import backup_folder
    from ictcli.operations.backup_rotation import shelf_of

    folder = backup_folder(_workspace(session), session.config.config.backup)
    if name == LATEST:
        shelf = shelf_of(folder)
        damaged = "; ".join(f"{name}: {why}" for name, why in shelf.damaged.items())
        if not shelf.backups:
            if damaged:
                hint = "Name the folder of a copy elsewhere; `create` makes one of a desk that is whole."
                raise DataError(f"every backup in {folder} is damaged: {damaged}", hint=hint)
            raise UsageError(f"no backups in {folder}", hint="Make one with `ictcli backup create`.")
        if damaged:
            session.out.warn(f"the latest is the latest whole one; damaged: {damaged}")
        return shelf.backups[-1].folder
    for path in (folder / name, session.cwd / name):
        if path.is_dir():
            return path
    raise UsageError(f"no backup {name!r}", hint="`ictcli backup list` shows what there is.")


def _fuller(session: Session, folder: Path) -> str:
    """Which backups hold more of a ledger than the latest; empty for none."""
    from ictcli.operations.backup_rotation import fuller, shelf_of

    shelf = shelf_of(folder.parent)
    latest = next((one for one in shelf.backups if one.folder == folder), None)
    found = fuller(latest, shelf.backups) if latest else {}
    return "; ".join(
        f"{one.name} holds more of the {ledger} ledger than {folder.name}" for ledger, one in found.items()
    )


def _key(session: Session, given: Path | None) -> bytes | None:
    """The key that is given, else the workspace's, else none.

    Raises:
        DataError: the file holds no key.
    """
    from ictcli.ledger.chain import read_key

    if given is not None:
        try:
            return read_key(session.cwd / given)
        except DataError as error:
            hint = "Pass the copy of the workspace's state/secret.key that you keep elsewhere."
            raise DataError(f"--key: {error.message}", hint=hint) from error
    own = session.config.state_dir / "secret.key"
    return read_key(own) if own.is_file() else None


def _live(session: Session) -> "dict[LedgerName, Place]":
    """Ledgers of the workspace that exist, or should."""
    from ictcli.ledger.address import LEDGERS, place_of

    state = session.config.state_dir
    if not (state / "secret.key").is_file():
        return {}
    places = {name: place_of(name, state, session.environ) for name in LEDGERS}
    return {name: place for name, place in places.items() if place.exists or place.lost}


def _inside(session: Session, path: Path) -> bool:
    return (session.workspace / "config").resolve() in path.resolve().parents


def _document(name: str, folder: Path, manifest: "Manifest") -> dict[str, Any]:
    from ictcli.clock import iso

    ledgers = [
        {"ledger": one.ledger, "events": one.events, "head": one.head, "rows": one.rows}
        for one in manifest.ledgers
    ]
    return {
        "name": name, "folder": str(folder), "created": iso(manifest.created), "size": manifest.size,
        "files": len(manifest.files), "key": manifest.holds_key, "settled": manifest.settled,
        "version": manifest.version, "ledgers": ledgers,
    }  # fmt: skip


def _events_text(manifest: "Manifest") -> str:
    return ", ".join(f"{one.ledger} {one.events:,}" for one in manifest.ledgers)


def _made_text(made: "Made") -> str:
    manifest = made.backup.manifest
    lines = [f"{made.backup.folder}: {len(manifest.files)} files, {manifest.size / 2**20:,.1f} MiB, verified"]
    lines += [f"{one.ledger} ledger: {one.events:,} events" for one in manifest.ledgers]
    return "\n".join([*lines, *(f"removed {name}" for name in made.removed)])


def _restored_text(done: "Restored", place: Path) -> str:
    lines = [f"restored to {place}: {len(done.manifest.files)} files, hashes as written"]
    lines += [
        f"{name} ledger: {report.events:,} events, chain, anchors and tables verified"
        for name, report in done.reports.items()
    ]
    lines += ["the emergency stop is set: run `ictcli reconcile` there, then `ictcli resume --reason TEXT`"]
    return "\n".join(lines)


def _drill_text(name: str, done: "Drill") -> str:
    manifest = done.restored.manifest
    what = f"{name}: {len(manifest.files)} files, {manifest.size / 2**20:,.1f} MiB"
    lines = [f"{what}, restored and verified in {done.seconds:.1f} s, removed again"]
    for one in manifest.ledgers:
        since = done.behind.get(one.ledger)
        told = f"; the live one goes on from it, {since:,} events since" if since is not None else ""
        lines.append(f"{one.ledger} ledger: {one.events:,} events, tables as rebuilt{told}")
    return "\n".join(lines)
