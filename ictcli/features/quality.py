"""What the bars and features of a training are worth, before anything is learned from them.

A column is constant when its smallest and its largest number are equal. Its outliers are the numbers whose
robust z, (x - median) / (1.4826 · median absolute deviation), lies beyond 8; where the deviation is 0, as in
most flags, there are none. Two columns are twins when the absolute value of their correlation is 1 but for
1e-9. Columns are judged on the rows that would be learned from, the regime among them; it is no input of
any model, so that it may be constant. So may columns of volume where there is none, and columns of hours of
the day on bars longer than an hour. A hole is any time without bars between the end of a bar and the next
one; with a timeframe and a calendar it is also told how many of them trading hours leave unexplained, and
what share of the bars that should be there is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
from ictcli.errors import DataError
from ictcli.features import regime
from ictcli.features.clock import kill_zone, minute
from ictcli.features.core import amihud, bulk_volume, obv, volume_z
from ictcli.features.feature import Feature
from ictcli.features.ict import asia, bias, opens
from ictcli.features.matrix import Matrix
from ictcli.market.bars import UNKNOWN, Bars
from ictcli.market.calendars import Calendar
from ictcli.market.gaps import find_gaps
from ictcli.market.timeframes import Timeframe

OUTLIER = 8.0
"""Robust z beyond which a number is an outlier."""
MANY_OUTLIERS = 0.01
"""Share of outliers in a column that is worth a warning."""
INCOMPLETE = 0.99
"""Completeness below which there is a warning."""
_TO_SIGMA = 1.4826
_TWIN = 1e-9
_GLANCE = 20_000
"""Rows, evenly spaced, that give medians and candidates for twins; all rows are judged by them."""


def _names(*features: Feature) -> frozenset[str]:
    return frozenset(column.name for feature in features for column in feature.columns)


OF_VOLUME = _names(volume_z.FEATURE, obv.FEATURE, bulk_volume.FEATURE, amihud.FEATURE)
"""Columns that are constant by definition where there is no volume (ML.md M24)."""
OF_HOURS = _names(minute.FEATURE, kill_zone.FEATURE, asia.FEATURE, opens.FEATURE, bias.FEATURE)
"""Columns that may be constant on bars longer than an hour, which fit few windows of a day."""
NO_INPUT = _names(regime.FEATURE)

Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DataQuality:
    """The report of one series.

    Attributes:
        bars: of the series.
        bar_ns: length of the most usual bar.
        warmup: rows dropped at its start.
        rows: that would be learned from.
        holes: times without bars.
        longest_hole_ns: the longest of them, 0 for none.
        longest_hole_at: end of the bar before it, ns UTC; None for none.
        unexplained: holes that trading hours do not explain; None where they are not known.
        completeness: bars over bars and those missing in unexplained holes; None likewise.
        without_range: share of bars whose high is their low.
        unknown_volume: share of bars whose volume is not known.
        no_volume: share of bars whose volume is not known or 0.
        unknown_spread: share of bars without a spread.
        not_finite: how many numbers of a column are not, by column with any; must be empty.
        constant: columns of one value.
        outliers: share of outliers, by column with any.
        twins: pairs of columns of which one tells nothing more than the other.
    """

    bars: int
    bar_ns: int
    warmup: int
    rows: int
    holes: int
    longest_hole_ns: int
    longest_hole_at: int | None
    unexplained: int | None
    completeness: float | None
    without_range: float
    unknown_volume: float
    no_volume: float
    unknown_spread: float
    not_finite: dict[str, int]
    constant: tuple[str, ...]
    outliers: dict[str, float]
    twins: tuple[tuple[str, str], ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know, a line each; nothing of it stops a training."""
        told = []
        if self.completeness is not None and self.completeness < INCOMPLETE:
            told.append(f"{100 * (1 - self.completeness):.1f} % of the bars are missing")
        for what, share in (("volume", self.unknown_volume), ("spread", self.unknown_spread)):
            if share > 0.0:
                told.append(f"{what} unknown on {100 * share:.1f} % of the bars")
        idle = [name for name in self.constant if name not in self.useless]
        if idle:
            told.append(f"constant: {', '.join(idle)}")
        wild = [
            f"{name} {100 * share:.1f} %" for name, share in self.outliers.items() if share > MANY_OUTLIERS
        ]
        if wild:
            told.append(f"outliers: {', '.join(wild)}")
        told += [f"{one} and {other} tell the same" for one, other in self.twins]
        return tuple(told)

    @property
    def useless(self) -> tuple[str, ...]:
        """Constant columns that neither a missing volume nor long bars explain."""
        excused = NO_INPUT
        if self.no_volume == 1.0:
            excused |= OF_VOLUME
        if self.bar_ns > NS_PER_HOUR:
            excused |= OF_HOURS
        return tuple(name for name in self.constant if name not in excused)


def measure(
    bars: Bars,
    matrix: Matrix,
    rows: Int64,
    timeframe: Timeframe | None = None,
    calendar: Calendar | None = None,
) -> DataQuality:
    """Judge bars and their features.

    Args:
        bars: of one series.
        matrix: their features.
        rows: which rows of the matrix would be learned from.
        timeframe: of the bars, where holes shall be explained.
        calendar: trading hours of the symbol, likewise.
    """
    holes = bars.ts[1:] - bars.ts_close[:-1]
    longest = int(np.argmax(holes)) if len(holes) else 0
    longest_ns = int(holes[longest]) if len(holes) else 0
    unexplained, completeness = _explained(bars, timeframe, calendar)
    values = matrix.values[rows]
    volume = np.where(bars.tick_volume == UNKNOWN, bars.real_volume, bars.tick_volume)
    return DataQuality(
        bars=len(bars),
        bar_ns=int(np.median(bars.ts_close - bars.ts)) if len(bars) else 0,
        warmup=matrix.warmup,
        rows=len(rows),
        holes=int(np.count_nonzero(holes > 0)),
        longest_hole_ns=max(longest_ns, 0),
        longest_hole_at=int(bars.ts_close[longest]) if longest_ns > 0 else None,
        unexplained=unexplained,
        completeness=completeness,
        without_range=_share(bars.high == bars.low),
        unknown_volume=_share(volume == UNKNOWN),
        no_volume=_share(volume <= 0),
        unknown_spread=_share(bars.spread == UNKNOWN),
        not_finite=_not_finite(matrix.names, values),
        constant=_constant(matrix.names, values),
        outliers=_outliers(matrix.names, values),
        twins=_twins(matrix.names, values),
    )


def require_usable(quality: DataQuality, most_gap_ns: int | None = None) -> None:
    """Refuse what nothing can be learned from.

    Args:
        quality: what ``measure`` found.
        most_gap_ns: longest time without bars that is borne; None for any.

    Raises:
        DataError: there are no rows, a number is not finite, a hole is too long, or a feature that models
            see is constant; the first of these, by name.
    """
    if quality.rows == 0:
        raise DataError("no rows are left to learn from", hint="Bring in a longer span.")
    for name, count in quality.not_finite.items():
        raise DataError(
            f"feature {name} is not a number in {count:,} of {quality.rows:,} rows",
            hint="This is a bug of the feature; please report it, and leave it out until then.",
        )
    if most_gap_ns is not None and quality.longest_hole_ns > most_gap_ns:
        at = np.datetime64(quality.longest_hole_at, "ns").astype("datetime64[s]")
        raise DataError(
            f"no bars for {quality.longest_hole_ns / NS_PER_DAY:.1f} days from {at}Z on, "
            f"more than the {most_gap_ns / NS_PER_DAY:.1f} days that are allowed",
            hint="Fetch what is missing, choose a span without the gap, or allow longer ones.",
        )
    for name in quality.useless:
        raise DataError(
            f"feature {name} is constant on all {quality.rows:,} rows to learn from",
            hint="Bring in a longer span, or choose another set with --features.",
        )


def _explained(
    bars: Bars, timeframe: Timeframe | None, calendar: Calendar | None
) -> tuple[int | None, float | None]:
    if timeframe is None or calendar is None:
        return None, None
    missing = [gap for gap in find_gaps(bars.ts, bars.ts_close, timeframe, calendar) if gap.kind == "missing"]
    lost = sum(gap.bars for gap in missing)
    return len(missing), len(bars) / max(len(bars) + lost, 1)


def _share(flags: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(flags) / len(flags)) if len(flags) else 0.0


def _not_finite(names: tuple[str, ...], values: Floats) -> dict[str, int]:
    counts = np.count_nonzero(~np.isfinite(values), axis=0).tolist()
    return {name: count for name, count in zip(names, counts, strict=True) if count}


def _constant(names: tuple[str, ...], values: Floats) -> tuple[str, ...]:
    if not len(values):
        return ()
    same = values.min(axis=0) == values.max(axis=0)
    return tuple(name for name, flat in zip(names, same.tolist(), strict=True) if flat)


def _outliers(names: tuple[str, ...], values: Floats) -> dict[str, float]:
    found = {}
    for at, name in enumerate(names):
        column = values[:, at]
        column = column[np.isfinite(column)]
        if not len(column):
            continue
        away = np.abs(column - np.median(_glimpse(column)))
        limit = OUTLIER * _TO_SIGMA * float(np.median(_glimpse(away)))
        if limit > 0.0 and (share := _share(away > limit)) > 0.0:
            found[name] = share
    return found


def _glimpse(column: Floats) -> Floats:
    """At most so many rows, evenly spaced."""
    return column[:: -(-len(column) // _GLANCE)]


def _twins(names: tuple[str, ...], values: Floats) -> tuple[tuple[str, str], ...]:
    """Pairs in the order of the columns; constant columns and such with gaps have no twins."""
    whole = np.isfinite(values).all(axis=0)
    if len(values) < 2:
        return ()
    glance = np.where(whole, _glimpse(values), 0.0)
    likeness = np.abs(_correlations(glance))
    candidates = np.argwhere(np.triu(likeness >= 1.0 - 1e-6, 1)).tolist()
    return tuple(
        (names[one], names[other])
        for one, other in candidates
        if abs(_correlations(values[:, [one, other]])[0, 1]) >= 1.0 - _TWIN
    )


def _correlations(values: Floats) -> Floats:
    """Of every pair of columns; 0 where one of them does not vary."""
    centred = values - values.mean(axis=0)
    length = np.sqrt(np.square(centred).sum(axis=0))
    unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0.0)
    likeness: Floats = unit.T @ unit
    return likeness
