"""What the store knows about a series before and after a delivery."""

from collections.abc import Collection

from ictcli.market.bars import SeriesKey
from ictcli.sources.quality import Coverage, Delivery, SeriesReport, coverage_of
from ictcli.store.records import CommitResult, InputRecord, Manifest
from ictcli.store.store import Store


def known_input(store: Store, source: str, sha256: str) -> tuple[Manifest, InputRecord] | None:
    """The series of ``source`` that was built from this input, and how; None when there is none."""
    for manifest in store.manifests():
        if manifest.source == source:
            for record in manifest.inputs:
                if record.sha256 == sha256:
                    return manifest, record
    return None


def is_whole(store: Store, key: SeriesKey, given: Collection[str]) -> bool:
    """Whether every file of a series is what its manifest says; ``given`` names all inputs of this run.

    Raises:
        DataError: a file is damaged, and not every input it was made from is given now.
    """
    damage = store.damage(key)
    if damage and damage.lacking(given):
        raise damage.refusal(store.folder(key), given)
    return damage is None


def restored(key: SeriesKey, files: int) -> str:
    """What to tell people after damaged files were made again."""
    return f"{key}: {files} damaged or missing file{'s' * (files > 1)} made again from the input"


def coverage(store: Store, key: SeriesKey) -> Coverage:
    """How complete a series is."""
    manifest = store.manifest(key)
    if manifest is None or not manifest.parts:
        return Coverage(0, None, None, 0, {}, 0, None)
    first, last = manifest.parts[0].first, manifest.parts[-1].last
    return coverage_of(manifest.rows, first, last, manifest.digits, store.read_gaps(key))


def series_report(
    store: Store, key: SeriesKey, delivery: Delivery, result: CommitResult | None
) -> SeriesReport:
    """The report of one delivery; without a result, nothing was read because nothing is new."""
    return SeriesReport(
        key=key,
        deliveries=(delivery,),
        added=result.added if result else 0,
        revised=result.revised if result else 0,
        unchanged=result.unchanged if result else delivery.good,
        coverage=coverage(store, key),
    )
