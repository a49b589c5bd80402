"""The way of a price file into the store: read, settle what it is, judge every row, commit once."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from ictcli.errors import DataError, UsageError
from ictcli.market.bars import Int64
from ictcli.market.clock_inference import ClockEvidence
from ictcli.market.clocks import ClockRule
from ictcli.market.gaps import Gap, find_gaps
from ictcli.market.validation.signs import SignCounter, stamp_signs
from ictcli.sources.clock_choice import choose_clock, settled_clock
from ictcli.sources.files.opening import open_file
from ictcli.sources.files.reader import Reader
from ictcli.sources.files.text_rows import TextRows
from ictcli.sources.judging import judged_blocks, stamps_for_clock
from ictcli.sources.quality import ClockReport, Delivery, SeriesReport
from ictcli.sources.reading import AMOUNTS, Stock, read_file
from ictcli.sources.series import is_whole, known_input, restored, series_report
from ictcli.sources.source import Request, Surroundings
from ictcli.sources.staging import Staging
from ictcli.sources.storing import Tally, note_nonexistent, quarantine, store_block, watch_for_signs
from ictcli.sources.subject import FileOptions, Subject, subject_of, symbol_of, timeframe_of
from ictcli.store.records import InputRecord

STAGING = "import"
_ZERO = {
    "tick_volume": "tick_volume is zero throughout: treated as unknown",
    "real_volume": "real_volume is zero throughout: treated as unknown",
    "spread": "spread is zero throughout: treated as unknown, the symbol's typical spread applies",
}


@dataclass(frozen=True, slots=True)
class Job:
    """One file on its way in.

    Attributes:
        reader: the opened file.
        name: what reports and the quarantine call it.
        symbol: canonical name of its symbol.
        label: source name to store it under.
        request: what to take from it.
        around: store, symbols, callbacks.
        identity: what makes an import the same as an earlier one.
        clock_given: the user said which clock its stamps follow.
        given: names of all inputs of this run, this one among them.
        confirmed: how the clock was seen to hold, where something else than the stamps showed it.
        continued: the input goes on where the same one ended before; both are one input.
    """

    reader: Reader
    name: str
    symbol: str
    label: str
    request: Request
    around: Surroundings
    identity: str
    clock_given: bool
    given: frozenset[str]
    confirmed: str = ""
    continued: bool = False


def import_file(
    path: Path,
    label: str,
    options: FileOptions,
    request: Request,
    around: Surroundings,
    *,
    member: str | None = None,
    given: Collection[str] = (),
) -> SeriesReport:
    """Bring one file in: all of its good rows are committed, or nothing is.

    Args:
        path: the file.
        label: source name to store it under.
        options: what was said about the file.
        request: what to take from it.
        around: store, symbols, callbacks.
        member: which file of a zip that holds several.
        given: names of the inputs fetched in the same run: damaged files are made again from them.

    Raises:
        DataError: the file is damaged, contradicts what was said of it, or has no good row.
        UsageError: its clock, symbol or timeframe cannot be told.
        Busy: another process is writing the series.
    """
    reader = open_file(path, format=options.format or None, columns=options.columns or None, member=member)
    name = input_name(path, member)
    symbol, spec = symbol_of(reader, options, request, around.book)
    settled = settled_clock(options.source_tz, reader.format, force=request.force)
    identity = _identity(reader.sha256(), (member, symbol), options, request, around)
    said, names = bool(options.source_tz), frozenset({name, *given})
    job = Job(reader, name, symbol, label, request, around, identity, said, names)
    if report := _up_to_date(job, settled):
        return report
    specified = None if spec is None else spec.digits
    folder = around.store.state_dir / STAGING
    staging, stock = read_file(reader, folder, specified, around.config.chunk_rows, around.progress)
    with staging:
        frame = timeframe_of(reader, stock, request, around)
        return take_in(job, staging, stock, subject_of(label, symbol, spec, frame, stock, around), settled)


def take_in(
    job: Job, staging: Staging, stock: Stock, subject: Subject, settled: ClockRule | None
) -> SeriesReport:
    """Judge and commit what was read.

    Args:
        job: the delivery.
        staging: its rows.
        stock: what they look like.
        subject: what it turned out to be.
        settled: the clock of its stamps; None to infer it.

    Raises:
        DataError: the delivery contradicts what was said of it, or has no good row.
        UsageError: its clock cannot be told.
        Busy: another process is writing the series.
    """
    rule, clock = _clock(job, staging, stock, subject, settled)
    _refuse_second_clock(job, rule)
    return _store(job, staging, stock, subject, rule, clock)


def input_name(path: Path, member: str | None) -> str:
    """What reports, the quarantine and the manifest call an input."""
    return path.name if member is None else f"{path.name}:{member}"


def _identity(
    content: str,
    which: tuple[str | None, str],
    options: FileOptions,
    request: Request,
    around: Surroundings,
) -> str:
    columns = sorted(options.columns.items())
    asked = (which, request.start, request.end, columns, around.config.max_jump)
    return hashlib.sha256(f"{content} {asked!r}".encode()).hexdigest()


def _up_to_date(job: Job, settled: ClockRule | None) -> SeriesReport | None:
    """The report of a file that is in the store already; None when it must be read."""
    store = job.around.store
    known = known_input(store, job.label, job.identity)
    if known is None:
        return None
    key, record = known[0].key, known[1]
    if job.request.timeframe not in (None, key.timeframe):
        return None
    if job.clock_given and str(settled) != record.clock:
        return None
    if not is_whole(store, key, job.given):
        return None
    rows = record.rows + record.quarantined
    clock = ClockReport(record.clock, "known")
    return series_report(store, key, Delivery(record.name, record.format, rows, clock, up_to_date=True), None)


def _refuse_second_clock(job: Job, rule: ClockRule) -> None:
    known = known_input(job.around.store, job.label, job.identity)
    if known is not None and known[1].clock != str(rule) and not job.request.force:
        raise DataError(
            f"{job.name} was imported before with the clock {known[1].clock}; with {rule} the same bars "
            "would be stored twice, hours apart",
            hint="Store it under another --label, or pass --force.",
        )


def _clock(
    job: Job, staging: Staging, stock: Stock, subject: Subject, settled: ClockRule | None
) -> tuple[ClockRule, ClockReport]:
    layout = job.reader.format
    bar_ns = subject.limits.bar_ns
    if settled is not None and layout.clock is not None and (subject.cal.always_open or not bar_ns):
        return settled, ClockReport(str(settled), "format")
    evidence = ClockEvidence(bar_ns)
    for wall in stamps_for_clock(staging, bar_ns, newest_first=stock.stamps.newest_first):
        evidence.add(wall)
    confirm = job.around.confirm
    try:
        rule, clock = choose_clock(
            settled,
            job.name,
            layout,
            evidence,
            subject.cal,
            given=job.clock_given,
            force=job.request.force,
            confirm=confirm,
            note=job.around.note,
        )
    except UsageError:
        # A generated file keeps no market hours; say so before the user looks for its clock.
        explained = subject.cal.always_open or evidence.weekends_explained(subject.cal)
        weekend = 0 if explained else stock.weekend
        beyond = stock.digits.beyond
        for sign in stamp_signs(stock.rows, weekend=weekend, sub_second=stock.sub_second, beyond=beyond):
            job.around.warn(f"{job.name} looks generated, not recorded: {sign.evidence}")
        raise
    if clock.by == "given" and job.confirmed:
        return rule, ClockReport(str(rule), "confirmed", (job.confirmed,))
    if clock.by == "given" and (why := evidence.unjudged(rule, subject.cal)):
        job.around.warn(f"{job.name}: the clock {rule} is taken as given and was not checked: {why}")
    return rule, clock


def _store(
    job: Job, staging: Staging, stock: Stock, subject: Subject, rule: ClockRule, clock: ClockReport
) -> SeriesReport:
    around, key = job.around, subject.key
    rows = job.reader.source
    text = rows.source if isinstance(rows, TextRows) else None
    tally, signs = Tally(), SignCounter(subject.cal)
    newest_first = stock.stamps.newest_first

    def gaps(ts: Int64, ts_close: Int64) -> list[Gap]:
        return find_gaps(ts, ts_close, key.timeframe, subject.cal)

    with around.store.writer(key, around.provenance, now=around.now, given=job.given) as writer:
        for block in judged_blocks(staging, stock.given, rule, subject.limits, newest_first=newest_first):
            store_block(block, writer, subject, job.request, tally, describe=text is None)
            note_nonexistent(block, rule, tally)
            watch_for_signs(block, signs)
            around.progress(f"checking {job.name}", tally.rows, stock.stamps.rows)
        delivery = _delivery(job, stock, tally, clock, signs)
        if tally.good == 0 and tally.outside == 0:
            raise DataError(_nothing_good(delivery), hint="Look at the file; nothing was stored.")
        _refuse_mostly_bad(delivery, job)
        quarantine(writer, job.name, stock.rejected, tally, text)
        writer.record_input(_record(job, rule, delivery, tally))
        result = writer.commit(gaps)
    if writer.restoring:
        around.note(restored(key, writer.restoring))
    return series_report(around.store, key, delivery, result)


def _record(job: Job, rule: ClockRule, delivery: Delivery, tally: Tally) -> InputRecord:
    record = InputRecord(
        name=job.name,
        sha256=job.identity,
        rows=tally.good,
        quarantined=sum(delivery.quarantined.values()),
        clock=str(rule),
        format=job.reader.format.name,
        ts_min=tally.first,
        ts_max=tally.last,
    )
    known = known_input(job.around.store, job.label, job.identity) if job.continued else None
    return record if known is None else _joined(known[1], record)


def _joined(before: InputRecord, now: InputRecord) -> InputRecord:
    """One record of two deliveries of the same input, one behind the other."""
    firsts = [each.ts_min for each in (before, now) if each.ts_min is not None]
    lasts = [each.ts_max for each in (before, now) if each.ts_max is not None]
    return replace(
        now,
        rows=before.rows + now.rows,
        quarantined=before.quarantined + now.quarantined,
        ts_min=min(firsts, default=None),
        ts_max=max(lasts, default=None),
    )


def _delivery(job: Job, stock: Stock, tally: Tally, clock: ClockReport, signs: SignCounter) -> Delivery:
    quarantined = dict(tally.broken)
    for row in stock.rejected:
        quarantined[row.rule] = quarantined.get(row.rule, 0) + 1
    disorder = 0 if stock.stamps.newest_first else stock.stamps.backward
    reported = {
        "out_of_order": disorder,
        "crossed_spread": tally.crossed,
        "nonexistent_time": tally.nonexistent,
    }
    return Delivery(
        name=job.name,
        format=job.reader.format.name,
        rows=stock.rows,
        clock=clock,
        quarantined=quarantined,
        reported={rule: count for rule, count in reported.items() if count},
        outside=tally.outside,
        notes=tuple(_ZERO[name] for name in AMOUNTS if name in stock.zeros),
        signs=tuple(
            sign
            for sign in signs.signs(stock.rows, sub_second=stock.sub_second, beyond=stock.digits.beyond)
            if not (clock.by == "forced" and sign.name == "weekend_bars")
        ),
    )


def _refuse_mostly_bad(delivery: Delivery, job: Job) -> None:
    bad = sum(delivery.quarantined.values())
    most = job.around.config.max_quarantined
    if bad <= most * delivery.rows or job.request.force:
        return
    rules = ", ".join(f"{rule} {count:,}" for rule, count in delivery.quarantined.items())
    raise DataError(
        f"{bad:,} of {delivery.rows:,} rows of {delivery.name} break the rules ({rules}): "
        f"is it really {job.symbol}?",
        hint=f"More than {most:.0%} (fetch.max_quarantined) is refused; --force stores the other rows.",
    )


def _nothing_good(delivery: Delivery) -> str:
    rules = ", ".join(f"{rule} {count:,}" for rule, count in delivery.quarantined.items())
    signs = "; ".join(sign.evidence for sign in delivery.signs)
    looks = f"; it looks generated, not recorded: {signs}" if signs else ""
    return f"no row of {delivery.name} can be stored ({rules}){looks}"
