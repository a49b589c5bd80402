"""What a paper trader writes at every change and at every checkpoint, by the bars and orders behind it."""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.market import played
from ictcli.clock import monotonic
from ictcli.ledger.address import TERMINAL_FILE
from ictcli.trading.paper_terminal import PaperTerminal

_WRITES = 20


def main() -> None:
    """Play bars and print sizes and times on the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=20_000)
    parser.add_argument("--probability", default="0.05", help="of an entry on a bar")
    options = parser.parse_args()
    floor = played.floor_of(options.bars)
    who = played.Who("random_entry", {"probability": options.probability, "windows": "", "max_bars": "30"})
    print(f"{'bars':>8} {'orders':>7} {'terminal':>10} {'write':>9} {'history':>9} {'checkpoint':>11}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made: list[PaperTerminal] = []

        def world(*args: object, **kwargs: object) -> object:
            made.append(PaperTerminal(folder / "paper", floor, played.unbound(), args[2], 0))  # type: ignore[arg-type]
            made[0].server.keep = None  # type: ignore[attr-defined]
            return made[0].world

        with (
            patch.object(played, "simulated_world", world),
            played.session(folder, floor, who, durable=False) as session,
        ):
            session.play(lambda now: _tell(folder, session, made[0], now, options.bars))


def _tell(folder: Path, session: played.Session, terminal: PaperTerminal, now: int, bars: int) -> bool:
    counts, one = session.one.trader.counts, session.one
    if counts.bars % (bars // 4) == 0:
        times = []
        for _ in range(_WRITES):
            begun = monotonic()
            terminal.keep()
            times.append(monotonic() - begun)
        one.at = now
        one.checkpoint(always=True)
        paper = folder / "paper"
        history = sum(path.stat().st_size for path in paper.glob("*.history"))
        newest = max((folder / "checkpoints").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        print(
            f"{counts.bars:8,} {counts.orders:7,} {(paper / TERMINAL_FILE).stat().st_size / 1024:6.0f} KiB "
            f"{statistics.median(times) * 1000:6.1f} ms {history / 1024:5.0f} KiB "
            f"{newest.stat().st_size / 1024:7.0f} KiB",
            flush=True,
        )
    return False


if __name__ == "__main__":
    main()
