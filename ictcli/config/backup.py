"""Configuration of backups."""

from typing import Annotated

from ictcli.config.fields import Record, doc


class BackupConfig(Record, frozen=True):
    """Where backups go and how many are kept (docs/backup.md)."""

    folder: Annotated[str, doc("Folder of the backups; relative to the workspace.")] = "backups"
