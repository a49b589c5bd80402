"""Files that no manifest names any more: kept a while for readers, then removed."""

from pathlib import Path

from ictcli.store.records import Manifest, Retired

_PATTERNS = ("month=*/*.parquet", "day=*/*.parquet", "gaps-*.parquet", "quarantine-*.parquet")


def retire(before: Manifest, after: Manifest, now: int, expired_before: int) -> tuple[Retired, ...]:
    """The list of retired files of a new generation.

    Args:
        before: the manifest in place.
        after: the one that will replace it.
        now: when its files are replaced (nanoseconds UTC).
        expired_before: files replaced before or at this instant are no longer kept.
    """
    used = {record.file for record in after.files}
    since = {old.file: old.since for old in before.retired}
    for record in before.files:
        since[record.file] = now
    return tuple(
        Retired(file=file, since=moment)
        for file, moment in sorted(since.items())
        if file not in used and moment > expired_before
    )


def sweep(folder: Path, manifest: Manifest, *, expired_before: int) -> None:
    """Remove files that the manifest neither uses nor keeps; the caller holds the series' lock.

    A file that is in neither list was left by a writer that died before its manifest was in place:
    no reader can have seen it.
    """
    wanted = {record.file for record in manifest.files}
    wanted |= {old.file for old in manifest.retired if old.since > expired_before}
    for pattern in _PATTERNS:
        for path in folder.glob(pattern):
            if path.relative_to(folder).as_posix() not in wanted:
                _remove(path)
    for period in (*folder.glob("month=*"), *folder.glob("day=*")):
        if not any(period.iterdir()):
            period.rmdir()


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except PermissionError:
        # Windows does not remove a file that somebody reads; the next commit tries again.
        return
