"""How a trader tells ``halt`` that it heard of the stop and what it did about it."""

from pathlib import Path
from typing import Literal

import msgspec

from ictcli.plain_file import read_plain
from ictcli.store.atomic import write_file


class Acknowledgement(msgspec.Struct, frozen=True):
    """What a trader did about one stop.

    Attributes:
        epoch: of the stop.
        account: login of the trader.
        ts: when, ns UTC.
        stage: ``heard``: nothing is sent any more; ``done``: nothing of what was asked for remains to do.
        cancelled, closed: orders and positions since the stop.
        resting, positions: of ours, still there.
        unresolved: requests whose outcome is unknown.
    """

    epoch: int
    account: int
    ts: int
    stage: Literal["heard", "done"]
    cancelled: int = 0
    closed: int = 0
    resting: int = 0
    positions: int = 0
    unresolved: int = 0


def acknowledge(control: Path, said: Acknowledgement) -> None:
    """Tell ``halt``; a later one of the same account takes the place of an earlier one.

    Raises:
        DataError: the disk refuses. The stop holds all the same, and ``halt`` acts for itself.
    """
    write_file(_file(control, said.account), msgspec.json.encode(said), private=True)


def acknowledgement(control: Path, account: int, epoch: int) -> Acknowledgement | None:
    """What the trader of an account said about a stop; None: nothing yet, or nothing readable."""
    try:
        said = msgspec.json.decode(read_plain(_file(control, account)), type=Acknowledgement)
    except (OSError, msgspec.DecodeError):
        return None
    return said if said.epoch == epoch else None


def _file(control: Path, account: int) -> Path:
    return control / f"ACK.{account}"
