"""Which clock a file's stamps follow: what was said of it, checked against what the stamps show."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ictcli.errors import DataError, UsageError
from ictcli.market.calendars import Calendar
from ictcli.market.clock_inference import ClockEvidence, Inference
from ictcli.market.clocks import ClockRule, parse_rule
from ictcli.sources.files.records import FileFormat
from ictcli.sources.quality import ClockReport


def settled_clock(said: str, layout: FileFormat, *, force: bool) -> ClockRule | None:
    """The rule that the user gave, or else the format fixes; None when it must be inferred.

    Raises:
        UsageError: ``said`` is not a clock rule.
        DataError: the user's rule contradicts what the file itself states.
    """
    fixed = parse_rule(layout.clock) if layout.clock else None
    if not said:
        return None if fixed is None else _stamped(fixed, layout)
    rule = parse_rule(said)
    if "@" not in said:
        rule = _stamped(rule, layout)
    if fixed is not None and rule.name != fixed.name and not force:
        raise DataError(
            f"the stamps of {layout.name} files are {fixed.name}, not {rule.name}",
            hint="Leave --source-tz out, or pass --force if this file is different.",
        )
    return rule


def choose_clock(
    settled: ClockRule | None,
    name: str,
    layout: FileFormat,
    evidence: ClockEvidence,
    cal: Calendar,
    *,
    given: bool,
    force: bool,
    confirm: Callable[[str], bool],
    note: Callable[[str], None],
) -> tuple[ClockRule, ClockReport]:
    """The rule to read the stamps with, and why.

    Args:
        settled: what was given or the format fixes; None to infer.
        name: of the file.
        layout: its format.
        evidence: what the stamps show.
        cal: trading hours of the symbol.
        given: the user said ``settled``; else the format fixes it.
        force: go on despite evidence against the rule.
        confirm: asked about an unambiguous inference.
        note: told the evidence before a refusal.

    Raises:
        DataError: the evidence contradicts the rule, or the clock changes inside the file.
        UsageError: no rule was given and the stamps fit several, or the answer was no.
    """
    changes = [] if layout.clock or cal.always_open else evidence.change_points(cal)
    if changes and not force:
        if changes[1:]:
            note(_listed(f"what the stamps in {name} show:", changes))
        raise DataError(
            f"the clock changes inside {name}: {changes[0]}",
            hint="Split the file there and import each part with its own --source-tz, or pass --force.",
        )
    if settled is None:
        inference = evidence.infer(cal)
        rule = _stamped(_accepted(inference, confirm, note, name), layout)
        return rule, ClockReport(str(rule), "inferred", tuple(inference.evidence))
    closes = evidence.close_stamps(settled, cal) if layout.any_stamp else []
    if layout.clock is not None and not given and closes:
        settled = replace(settled, stamp="close")
        return settled, ClockReport(str(settled), "format", tuple(closes))
    if layout.clock is not None and not closes:
        return settled, ClockReport(str(settled), "format")
    against = closes or evidence.contradiction(settled, cal)
    if against and not force:
        note(_listed(f"what the stamps in {name} show:", against))
        raise DataError(
            f"the stamps in {name} contradict the clock {settled}: {'; '.join(against[:1])}",
            hint=f"Bars carry their close: --source-tz {settled}@close, or --force to insist."
            if closes
            else "Pass another --source-tz, leave it out to infer it, or pass --force to insist.",
        )
    by = "forced" if against or changes else "given"
    return settled, ClockReport(str(settled), by, (*changes, *against))


def _listed(title: str, lines: Sequence[str]) -> str:
    return "\n".join((title, *(f"  {line}" for line in lines)))


def _accepted(
    inference: Inference, confirm: Callable[[str], bool], note: Callable[[str], None], name: str
) -> ClockRule:
    rule = inference.rule
    shown = "\n".join(f"  {line}" for line in inference.evidence)
    if rule is None or not inference.unambiguous:
        fitting = [candidate.names[0] for candidate in inference.candidates]
        fits = f"they fit {', '.join(fitting)}" if fitting else "they do not show it"
        examples = " or ".join(f"--source-tz {text}" for text in fitting[:3] or ["utc", "ny+7", "eet"])
        alone = inference.evidence[0] if not fitting and inference.evidence else ""
        if inference.evidence and not alone:
            note(_listed(f"what the stamps in {name} show:", inference.evidence))
        raise UsageError(
            f"the clock of the stamps in {name} cannot be told, {fits}" + (f": {alone}" if alone else ""),
            hint=f"Say which it is, for example {examples}.",
        )
    if not confirm(f"The stamps in {name} follow the clock {rule}:\n{shown}\nImport with it?"):
        raise UsageError(
            f"the clock {rule} of {name} was not confirmed",
            hint=f"Pass --source-tz {rule}, or --yes to accept what the stamps show.",
        )
    return rule


def _stamped(rule: ClockRule, layout: FileFormat) -> ClockRule:
    return replace(rule, stamp="close") if layout.stamp == "close" else rule
