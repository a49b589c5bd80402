"""What ``--html`` of ``train`` and ``models show`` does: a page about trained versions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ictcli.errors import UsageError
from ictcli.session import Session


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
