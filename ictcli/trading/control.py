"""Where the files are by which a trader is steered and heard."""

from pathlib import Path


def control_folder(state: Path) -> Path:
    """Stop, stop file, locks, acknowledgements."""
    return state / "control"


def spool_folder(state: Path) -> Path:
    """Events that wait for a trader's ledger, one folder per account."""
    return state / "spool"
