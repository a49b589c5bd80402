"""Configuration of logs."""

from typing import Annotated, Literal

from ictcli.config.fields import Record, doc


class LogConfig(Record, frozen=True):
    """Logging to stderr."""

    level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], doc("Least severe shown.")] = "WARNING"
