"""Files to import, and the surroundings to import them in."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ictcli.clock import NS_PER_MINUTE, iso
from ictcli.config.records import FetchConfig
from ictcli.market.bars import Int64
from ictcli.market.symbols import load_symbols
from ictcli.sources.ingest import import_file
from ictcli.sources.quality import SeriesReport
from ictcli.sources.source import Request, Surroundings
from ictcli.sources.subject import FileOptions
from ictcli.store.store import Store

BOOK = load_symbols(None)
MONDAY = 1_717_372_800_000_000_000  # 2024-06-03


@dataclass
class Desk:
    """A store in a folder, and what was said while importing into it."""

    folder: Path
    warnings: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    answer: bool = True

    @property
    def store(self) -> Store:
        return Store(self.folder / "data", self.folder / "state", 0)

    def surroundings(self, **config: int) -> Surroundings:
        def confirm(question: str) -> bool:
            self.questions.append(question)
            return self.answer

        return Surroundings(
            self.store, BOOK, FetchConfig(**config), now=MONDAY, warn=self.warnings.append, confirm=confirm
        )

    def bring(
        self,
        path: Path,
        label: str = "test",
        *,
        tz: str = "",
        symbol: str = "",
        request: Request | None = None,
        chunk_rows: int = 500_000,
    ) -> SeriesReport:
        """Import a file with everything else left to it."""
        options = FileOptions(symbol=symbol, source_tz=tz)
        return import_file(
            path, label, options, request or Request(), self.surroundings(chunk_rows=chunk_rows)
        )


def weekday_minutes(n: int, step: int = 1) -> Int64:
    """UTC opens of FX bars from Monday on: Sunday to Friday 21:00 (New York 17:00 in summer)."""
    ts = MONDAY + np.arange(n * 2, dtype=np.int64) * step * NS_PER_MINUTE
    minute = (ts // NS_PER_MINUTE + 3 * 1440) % (7 * 1440)
    return ts[(minute < 4 * 1440 + 21 * 60) | (minute >= 6 * 1440 + 21 * 60)][:n]


def rows_of(ts: Int64, shift_minutes: int = 0) -> list[str]:
    """CSV rows of a gently moving EURUSD, stamped ``shift_minutes`` after UTC."""
    steps = np.cumsum(np.random.default_rng(4).integers(-4, 5, len(ts)))
    rows = []
    before = 108_500
    for instant, step in zip((ts + shift_minutes * NS_PER_MINUTE).tolist(), steps.tolist(), strict=True):
        close = 108_500 + int(step)
        high, low = max(before, close) + 2, min(before, close) - 2
        stamp = iso(instant).removesuffix("Z").replace("T", " ")
        rows.append(
            f"{stamp},{before / 1e5:.5f},{high / 1e5:.5f},{low / 1e5:.5f},{close / 1e5:.5f},{20 + step % 9}"
        )
        before = close
    return rows


def write(path: Path, rows: list[str]) -> Path:
    """A generic CSV file."""
    path.write_text("time,open,high,low,close,tick_volume\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path
