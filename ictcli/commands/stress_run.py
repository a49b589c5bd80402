"""What ``ictcli stress`` does: run the scenarios, show and keep the certificate, leave with its exit code."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ictcli.commands.backtest_compiling import compiling_told
from ictcli.errors import Busy, ExitCode, Finding, UsageError
from ictcli.session import Session
from ictcli.stress.registry import NAMES, scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from ictcli.market.timeframes import Timeframe
    from ictcli.stress.runner import Outcome
    from ictcli.stress.scenario import Scenario
    from ictcli.stress.setting import Profile, Setting

_SYMBOLS: "dict[Profile, tuple[int, ...]]" = {"quick": (20,), "full": (20, 50, 100)}
_SEEDS: "dict[Profile, int]" = {"quick": 1, "full": 8}
_MINUTE = "M1"
_FOLDER = "stress"
"""Of the state directory."""


@dataclass(frozen=True, slots=True, kw_only=False)
class StressRequest:
    """What is asked for, as given."""

    profile: "Profile"
    scenarios: tuple[str, ...]
    strategies: tuple[str, ...]
    params: tuple[str, ...]
    timeframes: "tuple[Timeframe, ...]"
    symbols: int | None
    duration: int | None
    seeds: int | None
    out: Path | None
    seed: int | None
    allow_inconclusive: bool = False

    @property
    def given(self) -> dict[str, bool]:
        """Options that not every scenario heeds, and whether each was given."""
        return {
            "timeframe": bool(self.timeframes), "symbols": self.symbols is not None,
            "duration": self.duration is not None, "seeds": self.seeds is not None,
        }  # fmt: skip

    @property
    def names(self) -> tuple[str, ...]:
        """The scenarios, in the order in which they run."""
        return tuple(name for name in NAMES if not self.scenarios or name in self.scenarios)


def run(session: Session, request: StressRequest) -> None:
    """Run the scenarios, show and keep the certificate.

    Raises:
        UsageError: no strategy, or one that does not decide bar by bar.
        Busy: another stress runs in this workspace.
        Finding: a threshold is missed, or cannot be shown.
        Exit: somebody pressed Ctrl-C, after what was measured was kept.
    """
    from ictcli.clock import monotonic
    from ictcli.reports.stress_text import verdict_word
    from ictcli.stress.beside import run_lanes, side_by_side
    from ictcli.stress.certificate import Asked, certificate, load_now
    from ictcli.trading.ending import Ending, listening
    from ictcli.versions import package_versions

    chosen = [scenario(name) for name in request.names]
    _refuse_unheeded(request, chosen)
    seed = session.config.config.backtest.seed if request.seed is None else request.seed
    versions = {name: version for name, version in package_versions() if version}
    load = load_now()
    ended: list[Outcome] = []
    folder = session.config.state_dir / _FOLDER
    ending = Ending(folder)
    ending.engage()
    setting = _setting(
        session, request, folder, lambda: bool(ending.why()), needs=any(one.traded for one in chosen)
    )
    beside = side_by_side(chosen, setting)
    asked = Asked(request.names, seed, session.now, session.provenance(), versions, load, beside)
    begun = monotonic()
    with _scratch(session, folder):
        with (
            listening(ending, session.out.note),
            compiling_told(session.out),
            session.out.progress("stress") as progress,
        ):

            def over(one: "Outcome") -> None:
                ended.append(one)
                session.out.note(f"{one.name}: {verdict_word(one.verdict)}, {one.seconds:.1f} s")

            def told(label: str, done: int, total: int | None) -> None:
                progress(f"{len(ended) + 1}/{len(chosen)} {label}", done, total)

            outcomes = run_lanes(chosen, setting, seed, told, over)
        document = certificate(asked, setting, outcomes, monotonic() - begun)
    _show(session, request, document)
    _leave(request, document, interrupted=ending.interrupted)


def _refuse_unheeded(request: StressRequest, chosen: "list[Scenario]") -> None:
    """Refuse options that would change nothing: a certificate must not name what was never applied.

    Raises:
        UsageError: an option belongs to none of the scenarios.
    """
    for option in (name for name, given in request.given.items() if given):
        if not any(option in one.heeds for one in chosen):
            heeding = ", ".join(name for name in NAMES if option in scenario(name).heeds)
            raise UsageError(
                f"--{option} changes nothing in {', '.join(request.names)}",
                hint=f"Leave it out, or add one of the scenarios that heed it: {heeding}.",
            )
    for option, values in (("strategy", request.strategies), ("param", request.params)):
        if values and not any(one.traded for one in chosen):
            trading = ", ".join(name for name in NAMES if scenario(name).traded)
            raise UsageError(
                f"--{option} changes nothing in {', '.join(request.names)}: "
                "your strategies do not trade there",
                hint=f"Leave it out, or add one of the scenarios that trade them: {trading}.",
            )


def _setting(
    session: Session, request: StressRequest, folder: Path, stopping: "Callable[[], bool]", *, needs: bool
) -> "Setting":
    """What all scenarios are given; ``needs``: some trade the strategies.

    Raises:
        UsageError: no strategy, one that does not decide bar by bar, or bars too long.
    """
    from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
    from ictcli.market.timeframes import parse_timeframe
    from ictcli.research.choices import choose_strategies, parse_params
    from ictcli.strategies.expression import Expression
    from ictcli.stress.setting import Setting

    config = session.config.config
    names = request.strategies or config.trade.strategies
    if not names and needs:
        raise UsageError("no strategy to certify", hint="Add --strategy NAME, or set trade.strategies.")
    choices = choose_strategies(names, config.strategies, parse_params(request.params))
    for choice in choices:
        if isinstance(choice.strategy, Expression):
            raise UsageError(
                f"{choice.strategy.name} is an expression over whole columns, for research only",
                hint="Trading needs a step that decides bar by bar: see docs/write-a-strategy.md.",
            )
    frames = tuple(sorted(set(request.timeframes or (parse_timeframe(_MINUTE),)), key=lambda one: one.ns))
    if frames[0].ns > NS_PER_HOUR or frames[-1].ns > NS_PER_DAY:
        raise UsageError(
            f"{', '.join(one.name for one in frames)}: too long to see thousands of bars go by",
            hint="The shortest must be at most H1, the longest D1.",
        )
    seeds = request.seeds or (1 if request.duration else _SEEDS[request.profile])
    symbols = (request.symbols,) if request.symbols else _SYMBOLS[request.profile]
    return Setting(
        config, session.book, tuple(choices), frames, folder,
        request.profile, symbols, seeds, request.duration, stopping,
    )  # fmt: skip


@contextmanager
def _scratch(session: Session, folder: Path) -> "Iterator[None]":
    """A folder on the disk that trading writes to, gone afterwards; what a killed run left goes first.

    Raises:
        Busy: another stress runs here, two would disturb each other's times; or what an earlier one left
            cannot be removed.
    """
    from ictcli.store.locks import exclusive

    lock = folder.with_suffix(".lock")
    with exclusive(lock, "stress", now=session.now, doing="running"):
        if folder.exists():
            session.out.note(f"removing what a killed run left in {folder.name}/ of the state directory")
            shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            raise Busy(
                f"{folder}: what a killed run left cannot be removed, a process of it may still write there",
                hint="End that process, or remove the folder yourself; then run it again.",
            )
        folder.mkdir(parents=True, mode=0o700)
        try:
            yield
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _show(session: Session, request: StressRequest, document: dict[str, Any]) -> None:
    from ictcli.output import SCHEMA, encode
    from ictcli.reports.stress_page import stress_page
    from ictcli.reports.stress_text import stress_text
    from ictcli.store.atomic import is_stream, write_named

    page = request.out or Path("reports", f"{document['certificate']}.html")
    target = (session.cwd if request.out else session.workspace) / page
    target.parent.mkdir(parents=True, exist_ok=True)
    write_named(target, stress_page(document).encode())
    body = {"schema": SCHEMA, "command": session.out.command, **document}
    if not is_stream(target):
        write_named(target.with_suffix(".json"), (encode(body, indent=2) + "\n").encode())
    session.out.emit(document, lambda: stress_text(document))
    session.out.note(f"wrote {page} and {page.with_suffix('.json').name}")


def _leave(request: StressRequest, document: dict[str, Any], *, interrupted: bool) -> None:
    from ictcli.reports.stress_text import headline

    if interrupted:
        raise click.exceptions.Exit(ExitCode.INTERRUPTED)
    if document["verdict"] == "pass":
        return
    if document["verdict"] == "inconclusive" and document["finished"] and request.allow_inconclusive:
        return
    raise Finding(headline(document), hint="docs/stress.md says how to read it, and what to do.")
