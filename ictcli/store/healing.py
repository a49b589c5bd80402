"""Damaged files of a series: found by their hashes, and made again from the inputs they came from."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace as changed_copy

from ictcli.errors import DataError
from ictcli.store.parts import check_hash
from ictcli.store.records import FileRecord, InputRecord, Manifest


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a series, and what it takes to put it right.

    Attributes:
        files: those that are missing or not what the manifest says.
        inputs: every input that may have put rows into them.
        reason: the first fault, as an error.
    """

    files: tuple[FileRecord, ...]
    inputs: tuple[InputRecord, ...]
    reason: DataError

    def lacking(self, given: Collection[str]) -> list[str]:
        """Names of the inputs that are needed and not in ``given``."""
        return sorted({record.name for record in self.inputs} - set(given))

    def refusal(self, folder: Path, given: Collection[str]) -> DataError:
        """The error to raise when not all of the inputs are given."""
        return DataError(
            f"{self.reason.message}; to restore it, {', '.join(self.lacking(given))} must be fetched too",
            hint=f"Fetch all of them in one command (a glob in --path), restore the file from a backup, or "
            f"remove {folder} and fetch the series again.",
        )


def find_damage(folder: Path, manifest: Manifest | None) -> Damage | None:
    """The damaged files of a series; None when every file is what the manifest says."""
    bad: list[FileRecord] = []
    reason: DataError | None = None
    for record in manifest.files if manifest else ():
        try:
            check_hash(folder / record.file, record)
        except DataError as error:
            bad.append(record)
            reason = reason or error
    if manifest is None or reason is None:
        return None
    inputs = tuple(known for known in manifest.inputs if _fed(known, manifest, bad))
    return Damage(tuple(bad), inputs, reason)


def without(manifest: Manifest, damage: Damage) -> Manifest:
    """The manifest of what is whole; inputs that must be read again are forgotten."""
    bad = set(damage.files)
    return changed_copy(
        manifest,
        parts=tuple(part for part in manifest.parts if part not in bad),
        gaps=None if manifest.gaps in bad else manifest.gaps,
        quarantine=None if manifest.quarantine in bad else manifest.quarantine,
        inputs=tuple(known for known in manifest.inputs if known not in damage.inputs),
    )


def _fed(known: InputRecord, manifest: Manifest, bad: list[FileRecord]) -> bool:
    """Whether an input may have put something into one of the damaged files."""
    if manifest.quarantine in bad and known.quarantined:
        return True
    if known.ts_min is None or known.ts_max is None:
        return False
    return any(
        part in bad and known.ts_min <= part.last and known.ts_max >= part.first for part in manifest.parts
    )
