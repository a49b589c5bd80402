"""The mark beside a workspace's own ledger: it goes on in another database, and must not be forked here."""

from pathlib import Path

from ictcli.errors import ConfigError, DataError
from ictcli.ledger.address import VARIABLE, Address, Place
from ictcli.store.atomic import sync_folder, write_file


def mark_of(place: Place) -> Path:
    """The file that says where the ledger is; it holds an address without a password."""
    return place.moved


def require_here(place: Place, going_to: Address | None = None) -> None:
    """Refuse to use the workspace's own file while the ledger goes on in another database.

    Args:
        place: what is about to be opened.
        going_to: where it is brought; to where it went already is allowed.

    Raises:
        ConfigError: the ledger is elsewhere.
        DataError: the mark cannot be read.
    """
    where = _marked(place)
    if not where or not _is_own(place, place.address) or (going_to is not None and str(going_to) == where):
        return
    raise ConfigError(
        f"the ledger is not in {place.address} any more: it went to {where}",
        hint=f"Set {VARIABLE} to it, or remove {mark_of(place)} to go on here.",
    )


def note_address(place: Place, address: Address) -> None:
    """Remember durably where the ledger is from now on; in the workspace's own file there is no mark.

    Raises:
        DataError: the disk refuses.
    """
    mark = mark_of(place)
    if not _is_own(place, address):
        if _marked(place) != str(address):
            write_file(mark, f"{address}\n".encode(), private=True)
    elif mark.exists():
        mark.unlink()
        sync_folder(mark.parent)


def _marked(place: Place) -> str:
    mark = mark_of(place)
    try:
        return mark.read_text(encoding="utf-8", errors="replace").strip() or "another database"
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise DataError(f"{mark}: {error.strerror}", hint="Make it readable.") from error


def _is_own(place: Place, address: Address) -> bool:
    own = place.lock.with_name("ledger.db")
    return address.file is not None and address.file.resolve() == own.resolve()
