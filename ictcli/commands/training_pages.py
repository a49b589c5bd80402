"""What ``--html`` of ``train`` and ``models show`` does: a page about trained versions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ictcli.errors import DataError, UsageError
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.models.version import Version


def check_page(session: Session, page: Path | None) -> None:
    """Refuse a page that could not be written, before any work is done; nothing where none is asked for.

    Raises:
        UsageError: the name does not end in ``.html``, its folder does not exist, or plotly is missing.
    """
    if page is None:
        return
    from ictcli.reports.chart_file import require_folder, require_library

    if page.suffix.lower() != ".html":
        raise UsageError(f"--html {page}: not the name of a page", hint="Let the name end in .html.")
    require_library(page)
    require_folder(session.cwd / page)


def write_page(session: Session, page: Path, models: Sequence[Mapping[str, Any]]) -> None:
    """Write the page about stored versions.

    Args:
        session: of the command.
        page: file to write, relative to the current directory.
        models: what was found of each, with ``name`` and ``version``.

    Raises:
        DataError: a version is damaged, or the disk refuses.
    """
    import msgspec

    from ictcli.reports.training_page import write_training_page

    store = session.models
    cards = [msgspec.to_builtins(store.open(one["name"], one["version"]).card) for one in models]
    write_training_page(session.cwd / page, list(zip(models, cards, strict=True)))
    session.out.note(f"{page}: {len(models)} model{'s' if len(models) > 1 else ''}")


def training_of(version: "Version") -> dict[str, Any]:
    """What the training of a version found, as it keeps it.

    Raises:
        DataError: the version has no record of its training.
    """
    import msgspec

    from ictcli.learning.keeping import TRAINING_FILE

    if TRAINING_FILE not in version.sums:
        raise DataError(
            f"{version.reference} has no record of its training",
            hint="Train it again for a page with pictures.",
        )
    found: dict[str, Any] = msgspec.json.decode(version.read(TRAINING_FILE))
    return found | {"name": version.name, "version": version.id}
