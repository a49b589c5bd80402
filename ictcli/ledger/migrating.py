"""Bringing a database to the schema: Alembic's revisions, over the one connection a writer has.

Alembic is imported by whoever needs it: most who open a ledger find it as it should be.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from ictcli.ledger.schema import METADATA

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_FOLDER = Path(__file__).parent / "migrations"


def scripts() -> "ScriptDirectory":
    """The revisions that the package ships."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(_FOLDER))


def upgrade(connection: Connection, to: str = "head") -> None:
    """Apply revisions up to ``to``, in the transaction that ``connection`` is in."""
    directory = scripts()
    _run(connection, directory, lambda revision, _: directory._upgrade_revs(to, revision))  # noqa: SLF001


def downgrade(connection: Connection, to: str = "base") -> None:
    """Take revisions back down to ``to``. Data goes with its tables: a ledger goes back by its backup."""
    directory = scripts()
    _run(connection, directory, lambda revision, _: directory._downgrade_revs(to, revision))  # noqa: SLF001


def _run(connection: Connection, directory: "ScriptDirectory", steps: Callable[[Any, Any], Any]) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    with EnvironmentContext(Config(), directory, fn=steps) as context:
        context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
        context.run_migrations()
