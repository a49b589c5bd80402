"""Options of ``ictcli detect`` that do not go together, refused before anything slow is imported."""

from pathlib import Path
from typing import TYPE_CHECKING

from ictcli.errors import UsageError

if TYPE_CHECKING:
    from ictcli.output import Output


def refuse_contradictions(out: "Output", *, events: bool, nl: bool, verify: bool, as_of: int | None) -> None:
    """Refuse to print in two ways, and rows beside a verdict."""
    if nl and out.json:
        raise UsageError("--json and --nl contradict each other", hint="Choose one of them.")
    if verify and (events or nl or as_of is not None):
        raise UsageError("--verify shows no rows", hint="Leave out --events, --nl and --as-of.")


def refuse_unscored(*, score: bool, rows: bool, gate: Path | None, seed: int | None) -> None:
    """Refuse rows beside scores, and options of scores without them."""
    if score and rows:
        raise UsageError("--score shows no rows", hint="Leave out --events, --nl, --as-of and --verify.")
    if not score and (gate is not None or seed is not None):
        raise UsageError("--gate and --seed are for --score", hint="Add --score, or leave them out.")


def refuse_undrawn(plot: Path | None, *, dark: bool, other: bool) -> None:
    """Refuse rows beside a chart, and options of pictures without one."""
    if plot is not None and other:
        raise UsageError("--plot shows no rows", hint="Leave out --events, --nl, --verify and --score.")
    if dark and (plot is None or plot.suffix.lower() != ".png"):
        raise UsageError("--dark is for --plot OUT.png", hint="A page follows the browser's theme.")


def refuse_unfollowed(*, follow: bool, tempo: object, other: bool) -> None:
    """Refuse to look back while following, and options of following without it."""
    if tempo and not follow:
        raise UsageError("--interval and --speed are for --follow", hint="Add --follow, or leave them out.")
    if follow and other:
        raise UsageError(
            "--follow tells what becomes known from now on",
            hint="Leave out --events, --nl, --verify, --score, --plot, --as-of and --end.",
        )


def chosen_kinds(kinds: str | None) -> tuple[str, ...]:
    """The detectors that ``--kind`` names, in registry order; none for all.

    Raises:
        UsageError: it names none, or an unknown one.
    """
    if kinds is None:
        return ()
    names = [name for part in kinds.split(",") if (name := part.strip())]
    if not names:
        raise UsageError(
            f"--kind {kinds!r} names no detector",
            hint="Name one or more, as in --kind fvg,structure; leave it out for all.",
        )
    from ictcli.detectors.registry import choose

    return choose(names)
