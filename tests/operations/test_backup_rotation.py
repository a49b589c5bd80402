"""Which backups are kept: the newest of days, weeks and months, and always one that is good."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import from_datetime, to_datetime
from ictcli.operations.backup_manifest import Manifest
from ictcli.operations.backup_rotation import Backup, Keep, kept_of, rotate

WEEK = Keep(7, 5, 12)


def at(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


def nights(count: int) -> list[int]:
    """Two o'clock of so many nights from New Year's Day 2025 on."""
    first = datetime(2025, 1, 1, 2, tzinfo=UTC)
    return [from_datetime(first + timedelta(days=day)) for day in range(count)]


def made(folder: Path, created: list[int]) -> list[Backup]:
    found = []
    for number, ts in enumerate(created):
        path = folder / f"backup-{number}"
        path.mkdir()
        manifest = Manifest(created=ts, version="1", roots={}, settled=True, key="", files=(), ledgers=())
        found.append(Backup(path, manifest))
    return found


def test_a_year_of_nights_leaves_a_week_of_days_five_weeks_and_twelve_months() -> None:
    created = nights(365)
    kept = sorted(created[number] for number in kept_of(created, WEEK))
    days = [to_datetime(one).strftime("%m-%d") for one in kept]
    assert days == [
        "01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30",
        "12-07", "12-14", "12-21", "12-25", "12-26", "12-27", "12-28", "12-29", "12-30", "12-31",
    ]  # fmt: skip


def test_of_one_day_the_newest_is_kept_and_days_without_one_count_for_nothing() -> None:
    created = [at("2025-03-01T02:00"), at("2025-06-01T02:00"), at("2025-06-01T14:00")]
    assert kept_of(created, Keep(2, 0, 0)) == {0, 2}
    assert kept_of(created, Keep(1, 0, 0)) == {2}


def test_the_last_week_of_a_year_is_one_week() -> None:
    created = [at("2024-12-30T02:00"), at("2025-01-02T02:00")]  # both are of week 1 of 2025
    assert kept_of(created, Keep(1, 5, 0)) == {1}


@given(
    st.lists(st.integers(0, 3 * 365 * 24), max_size=60),
    st.builds(Keep, st.integers(1, 9), st.integers(0, 9), st.integers(0, 9)),
)
def test_the_newest_is_always_kept_and_never_more_than_was_asked_for(hours: list[int], keep: Keep) -> None:
    created = sorted(at("2023-01-01T00:00") + hour * 3_600 * 10**9 for hour in hours)
    kept = kept_of(created, keep)
    assert len(kept) <= keep.daily + keep.weekly + keep.monthly
    if created:
        assert len(created) - 1 in kept
    # what was kept is kept when it is looked at again without the others: nothing creeps away
    left = [created[number] for number in sorted(kept)]
    assert len(kept_of(left, keep)) == len(left)


def test_rotation_removes_what_is_not_kept_and_reads_one_backup(tmp_path: Path) -> None:
    backups, asked = made(tmp_path, nights(5)), []

    def good(one: Backup) -> bool:
        asked.append(one.name)
        return True

    assert rotate(backups, Keep(2, 0, 0), good) == ["backup-0", "backup-1", "backup-2"]
    assert asked == ["backup-4"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup-3", "backup-4"]
    assert rotate(backups[3:], Keep(2, 0, 0), good) == []
    assert len(asked) == 1


def test_the_last_good_one_is_never_removed(tmp_path: Path) -> None:
    backups = made(tmp_path, nights(5))
    removed = rotate(backups, Keep(2, 0, 0), lambda one: one.name in {"backup-0", "backup-1"})
    assert removed == ["backup-0", "backup-2"]
    assert (tmp_path / "backup-1").is_dir()


def test_where_none_is_good_rotation_goes_on_by_age(tmp_path: Path) -> None:
    backups = made(tmp_path, nights(3))
    assert rotate(backups, Keep(1, 0, 0), lambda _: False) == ["backup-0", "backup-1"]
