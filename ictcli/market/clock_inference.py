"""Which clock a file keeps, read from when its weeks and days begin and end.

Markets close on Friday 17:00 New York, and open on Sunday at 17:00 or 18:00; metals, indices and futures
also pause daily from 17:00 to 18:00. A clock rule fits a file if under it the file's gaps lie there: in
winter, in summer, and in the weeks when only the US has changed its clocks. The cheapest rule (see
``market.clock_trials``) is believed if most sessions are on time and every rule that reads the file
differently costs clearly more. Rules that read every stamp of the file alike count as one.
"""

from dataclasses import dataclass

import numpy as np

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, iso
from ictcli.market.bars import Int64
from ictcli.market.calendars import Calendar, calendar
from ictcli.market.clock_trials import (
    NEAR,
    SHIFTED,
    Trial,
    close_on_time,
    familiar_rules,
    familiarity,
    known_rules,
    open_on_time,
    try_rule,
)
from ictcli.market.clock_words import US_SUMMER_ONLY, compare, describe, rivalry, seasons
from ictcli.market.clocks import ClockRule, to_utc
from ictcli.market.closed_hours import contradicted, weekends_explained
from ictcli.market.sessions import Runs, Sessions, sessions

FEWEST_WEEKENDS = 2
FEWEST_SESSIONS = 4
MOSTLY = 0.6
MARGIN = 7.0
"""More than one freak bar and two late opens can cost."""
REFUTED = 10.0
"""What a rule that the user gave must cost more than the best one before it is contradicted."""
MARGIN_PER_EDGE = 0.25
LONGEST_BAR = NS_PER_HOUR
"""Longer bars show too little of when trading begins and ends."""
ASSUMED_OPEN = "assumed, not shown: stamps are bar opens (the edges would allow bar closes: add @close then)"
NEARLY_ALL = 0.8
EARLY = 45
"""Minutes from which a close is an hour early, not a broker's last quiet minutes."""
RUN_OF_SESSIONS = 3
"""A clock change must hold for this many weekends or daily breaks on both sides."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Clock rules that read every stamp of a file alike.

    Attributes:
        rule: the most familiar of them.
        names: all of them, most familiar first.
        on_time: share of weekends and daily breaks that begin and end on time.
        cost: see the module's description; lower is better.
    """

    rule: ClockRule
    names: tuple[str, ...]
    on_time: float
    cost: float


@dataclass(frozen=True, slots=True)
class Inference:
    """What a file's stamps say about its clock.

    Attributes:
        rule: the rule that fits; None if there is no single one.
        candidates: the rules that remain possible, best first.
        evidence: lines for people.
        unambiguous: exactly one reading of the stamps fits.
    """

    rule: ClockRule | None
    candidates: list[Candidate]
    evidence: list[str]
    unambiguous: bool


class ClockEvidence:
    """Collects the naive stamps of one file and infers the clock they were written by.

    Args:
        bar_ns: length of a bar in nanoseconds; 0 for ticks.
    """

    def __init__(self, bar_ns: int) -> None:
        self._bar_ns = bar_ns
        self._runs = Runs(bar_ns)

    def add(self, wall: Int64) -> None:
        """Take in the next stamps as the file shows them, in any order."""
        self._runs.add(wall)

    def infer(self, cal: Calendar) -> Inference:
        """The clock of the file, for a market with the hours of ``cal``."""
        seen = sessions(self._runs, self._bar_ns, cal)
        if refusal := self._refusal(seen, cal):
            return Inference(None, [], [refusal], unambiguous=False)
        trials = self._trials(seen, cal)
        best = trials[0]
        same, rivals = self._split(best, trials)
        open_questions = [rival for rival in rivals if not self._beaten(rival, best)]
        candidates = [self._candidate(best, same)]
        candidates += [self._candidate(rival, [rival]) for rival in open_questions[:5]]
        evidence = describe(best, seen, self._bar_ns, cal)
        if len(same) > 1:
            names = ", ".join(candidates[0].names[:6])
            evidence.append(f"these rules read every stamp of the file alike: {names}")
        changes = self._changes(best, seen)
        fits = self._fits(best, seen)
        if not fits:
            evidence.append("too few weeks begin and end on time under any rule, or not in every season")
        if best.rule.stamp == "open" and self._bar_ns and not self._stamp_is_shown(best, seen, cal):
            evidence.append(ASSUMED_OPEN)
        evidence += [rivalry(rival, best) for rival in open_questions[:3]]
        sure = fits and not open_questions and not changes
        rule = candidates[0].rule if sure else None
        return Inference(rule, candidates, evidence + changes, unambiguous=sure)

    def contradiction(self, rule: ClockRule, cal: Calendar) -> list[str]:
        """Why ``rule`` cannot be the clock of the file; empty if it fits or cannot be judged."""
        if closed := contradicted(rule, self._runs, self._bar_ns, cal):
            return closed
        seen = sessions(self._runs, self._bar_ns, cal)
        if self._refusal(seen, cal):
            return []
        best = self._trials(seen, cal)[0]
        given = try_rule(rule, seen, self._bar_ns, cal)
        if early := self._closes_early(given, seen, cal):
            return early
        if not self._fits(best, seen) or not self._beaten(given, best, REFUTED):
            return []
        return compare(given, best, seen, self._bar_ns, cal)

    def _closes_early(self, given: Trial, seen: Sessions, cal: Calendar) -> list[str]:
        """Weeks that close an hour early only where a familiar rule reads them differently, and on time."""
        for rule in familiar_rules():
            other = try_rule(rule, seen, self._bar_ns, cal)
            differ = seen.weekly & (other.closing != given.closing)
            alike = seen.weekly & ~differ
            if differ.sum() < FEWEST_WEEKENDS or alike.sum() < RUN_OF_SESSIONS:
                continue
            early = (given.closing < -EARLY) & (given.closing >= -NEAR)
            usual = float(close_on_time(given.closing[alike]).mean())
            kept = float(close_on_time(other.closing[differ]).mean())
            if min(usual, kept, float(early[differ].mean())) >= NEARLY_ALL and not other.off[differ].any():
                count = int(early[differ].sum())
                return [f"{count} weeks close an hour early under {given.rule}, on time under {rule}"]
        return []

    def unjudged(self, rule: ClockRule, cal: Calendar) -> str:
        """Why the file does not show whether ``rule`` is right; empty if it does."""
        seen = sessions(self._runs, self._bar_ns, cal)
        few = not seen.weekly.any() and len(seen) < FEWEST_SESSIONS
        if cal.always_open or self._bar_ns > LONGEST_BAR:
            return self._refusal(seen, cal)
        if few:
            return "the file lies within one week and shows no weekend"
        given = try_rule(rule, seen, self._bar_ns, cal)
        others = [try_rule(other, seen, self._bar_ns, cal) for other in familiar_rules()]
        for other in self._split(given, others)[1]:
            if other.cost <= given.cost:
                return f"{other.rule} reads it differently and fits as well"
        return ""

    def weekends_explained(self, cal: Calendar) -> bool:
        """Whether some clock leaves no trading in the file's weekends."""
        return weekends_explained(self._runs, self._bar_ns, cal)

    def close_stamps(self, rule: ClockRule, cal: Calendar) -> list[str]:
        """Why the stamps of a file on the clock ``rule`` are bar closes; empty if they need not be.

        Read as opens, nearly all sessions would begin one bar late or later and end within a bar after the
        close; a broker's own hours are not late at both ends.
        """
        seen = sessions(self._runs, self._bar_ns, cal)
        if not self._bar_ns or rule.stamp == "close" or self._refusal(seen, cal):
            return []
        bar = self._bar_ns // NS_PER_MINUTE
        trial = try_rule(rule, seen, self._bar_ns, cal)
        late = (trial.opening >= bar) & (trial.opening <= NEAR) & (trial.closing > 0) & (trial.closing <= bar)
        if len(late) < FEWEST_SESSIONS or float(late.mean()) < NEARLY_ALL:
            return []
        closes = ClockRule(rule.name, "close")
        count = f"{int(late.sum())} of {len(late)} sessions begin and end a bar late as bar opens"
        return [count, *describe(try_rule(closes, seen, self._bar_ns, cal), seen, self._bar_ns, cal)]

    def change_points(self, cal: Calendar | None = None) -> list[str]:
        """Where in the file its clock was set differently; empty for a clock that keeps one rule.

        Args:
            cal: trading hours of the market; None to try those of FX and metals and believe the better fit.
        """
        found: list[str] = []
        most_on_time = 0.0
        for hours in (calendar("fx"), calendar("metal")):
            seen = sessions(self._runs, self._bar_ns, hours)
            if self._refusal(seen, hours):
                continue
            best = self._trials(seen, hours)[0]
            on_time = float(best.on_time.mean())
            if on_time > most_on_time:
                most_on_time, found = on_time, self._changes(best, seen)
        return found

    def _refusal(self, seen: Sessions, cal: Calendar) -> str:
        if cal.always_open:
            return "trading never stops, so no week shows when it begins or ends"
        if self._bar_ns > LONGEST_BAR:
            return "bars longer than one hour do not show when a week begins and ends"
        weekends = int(seen.weekly.sum())
        few = weekends < 1 or len(seen) < FEWEST_SESSIONS if cal.break_minutes else weekends < FEWEST_WEEKENDS
        if few:
            daily = f" and {len(seen) - weekends} daily breaks" if cal.break_minutes else ""
            return f"{weekends} ordinary weekends{daily} are too few to tell the clock"
        return ""

    def _trials(self, seen: Sessions, cal: Calendar) -> list[Trial]:
        """All rules, cheapest first; equally cheap ones in order of familiarity.

        Bars carry their open unless the edges say otherwise: a close-stamped rule competes only where
        its open-stamped twin costs clearly more. (For bars of half an hour and more, close stamps only
        look like another zone, so there the familiar ones compete as such.)
        """
        trials = [try_rule(rule, seen, self._bar_ns, cal) for rule in known_rules()]
        opens = {trial.rule.name: trial for trial in trials}
        for name, twin in opens.items():
            closes = try_rule(ClockRule(name, "close"), seen, self._bar_ns, cal)
            shifts_clock = self._bar_ns >= NS_PER_HOUR // 2 and familiarity(twin.rule) < SHIFTED
            if self._bar_ns and (shifts_clock or self._beaten(twin, closes)):
                trials.append(closes)
        return sorted(trials, key=lambda trial: (trial.cost, familiarity(trial.rule)))

    def _fits(self, trial: Trial, seen: Sessions) -> bool:
        """Most sessions are on time, and in no season are many of them off."""
        season = seasons(to_utc(trial.rule, seen.first, self._bar_ns))
        off = [trial.off[season == n] for n in range(3)]
        steady = all(float(part.mean()) <= 1 - MOSTLY for part in off if len(part) > 1)
        return steady and float(trial.on_time.mean()) >= MOSTLY

    def _stamp_is_shown(self, best: Trial, seen: Sessions, cal: Calendar) -> bool:
        closes = try_rule(ClockRule(best.rule.name, "close"), seen, self._bar_ns, cal)
        return self._beaten(closes, best)

    def _split(self, best: Trial, trials: list[Trial]) -> tuple[list[Trial], list[Trial]]:
        """Trials whose rules read the whole file as ``best`` does, and the others."""
        samples = self._runs.samples()
        reading = to_utc(best.rule, samples, self._bar_ns)
        same: list[Trial] = []
        others: list[Trial] = []
        for trial in trials:
            alike = np.array_equal(to_utc(trial.rule, samples, self._bar_ns), reading)
            (same if alike else others).append(trial)
        return same, others

    def _candidate(self, trial: Trial, same: list[Trial]) -> Candidate:
        rules = sorted((item.rule for item in same), key=familiarity)
        names = tuple(str(rule) for rule in rules)
        return Candidate(rules[0], names, float(trial.on_time.mean()), trial.cost)

    def _beaten(self, rival: Trial, best: Trial, least: float = MARGIN) -> bool:
        """Whether the edges that the two rules read differently speak clearly for ``best``.

        Where ``best`` itself is late or early in most of them, broker's habits stand against habits, and
        twice the evidence is needed. Daily breaks do not decide against what the weekends say: some brokers
        keep their break at their own midnight in the weeks when only the US has changed its clocks.
        """
        edges = np.stack([rival.opening != best.opening, rival.closing != best.closing])
        differing = int(edges.sum())
        if differing == 0 or best.weekend_cost > rival.weekend_cost:
            return False
        needed = max(least, MARGIN_PER_EDGE * differing)
        if float(best.on_time[edges.any(axis=0)].mean()) < MOSTLY:
            needed *= 2
        return rival.cost - best.cost >= needed

    def _changes(self, best: Trial, seen: Sessions) -> list[str]:
        """Sentences for every point from which both edges of the sessions are off by the same time.

        Weeks when only the US is on summer time are left out: some brokers keep their own hours then.
        """
        season = seasons(to_utc(best.rule, seen.first, self._bar_ns))
        shift = np.round((best.opening + best.closing) / 60).astype(np.int64) * 30
        agreed = open_on_time(best.opening - shift) & close_on_time(best.closing - shift)
        judged = np.flatnonzero(agreed & (season != US_SUMMER_ONLY))
        values = shift[judged]
        starts = np.flatnonzero(np.diff(values, prepend=values[:1] - 1))
        lengths = np.diff(np.append(starts, len(values)))
        lasting = starts[lengths >= RUN_OF_SESSIONS]
        found = []
        for before, after in zip(lasting[:-1].tolist(), lasting[1:].tolist(), strict=True):
            if values[before] != values[after]:
                when = iso(int(seen.first[judged[after]]))[:10]
                moved = (values[after] - values[before]) / 60
                found.append(
                    f"the clock changes by {moved:+g} hours against New York before the session of {when}"
                )
        return found
