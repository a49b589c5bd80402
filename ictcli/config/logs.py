"""Configuration of logs."""

from typing import Annotated, Literal

from msgspec import Meta

from ictcli.clock import parse_duration
from ictcli.config.fields import Duration, Record, doc


class LogConfig(Record, frozen=True):
    """Logging to stderr and, as JSON lines, to `logs` in the state folder (docs/logs.md)."""

    level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], doc("Least severe shown on stderr.")] = (
        "WARNING"
    )
    file_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "OFF"],
        doc("Least severe written to files; OFF writes none."),
    ] = "INFO"
    rotate_mib: Annotated[
        int, Meta(ge=1, le=4_096), doc("MiB after which a file of the same UTC day is followed by another.")
    ] = 16
    keep: Annotated[Duration, doc("Files of days longer ago are deleted.")] = "30d"
    most_mib: Annotated[
        int, Meta(ge=1, le=1_048_576), doc("MiB of all files together; beyond it the oldest are deleted.")
    ] = 512

    def __post_init__(self) -> None:
        if parse_duration(self.keep) == 0:
            raise ValueError("keep must be above 0")
