"""Options of ``ictcli backtest`` for searches, studies and reports to machines, in groups."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from ictcli.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path, dir_okay=False)
_DEFAULT_METRIC, _DEFAULT_BENCHMARK = "sharpe_daily", "zero"


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """``--sweep`` and what goes with it, as given."""

    sweeps: tuple[str, ...]
    random: int | None
    best_by: str | None
    benchmark: str | None
    walk_forward: str | None

    @property
    def any(self) -> bool:
        """Whether there is something to search or to walk."""
        return bool(self.sweeps) or self.walk_forward is not None

    @property
    def metric(self) -> str:
        """What trials are chosen by."""
        return self.best_by or _DEFAULT_METRIC

    @property
    def compared(self) -> str:
        """What the best is compared with."""
        return self.benchmark or _DEFAULT_BENCHMARK


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """What is studied besides, and on how many processes, as given."""

    costs: bool
    null: int | None
    monte_carlo: int | None
    check_lookahead: bool
    verify_paper: bool
    jobs: int | None
    backend: str | None


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Files for machines."""

    junit: Path | None
    summary: Path | None


def search_options(func: F) -> F:
    """``--sweep`` to ``--walk-forward``; the command gets ``search``."""
    return _grouped(
        func,
        "search",
        SearchOptions,
        [
            click.option(
                "--sweep", "sweeps", multiple=True, metavar="NAME=a:b:s",
                help="Try values a:b:s or v1,v2 of a parameter or a config key (risk.heat); repeatable.",
            ),
            click.option("--random", type=click.IntRange(min=1), metavar="N", help="Only N random trials."),
            click.option("--best-by", metavar="METRIC", help="Choose trials by this; default: sharpe_daily."),
            click.option(
                "--benchmark", type=click.Choice(["zero", "buy_hold"]),
                help="What the best trial must beat in the SPA test; default: zero.",
            ),
            click.option(
                "--walk-forward", metavar="train=12M,test=3M",
                help="Choose on the past, trade the next span; M, W, D or B (bars); add ,anchored.",
            ),
        ],
    )  # fmt: skip


def study_options(func: F) -> F:
    """``--costs`` to ``--backend``; the command gets ``studied``."""
    return _grouped(
        func,
        "studied",
        StudyOptions,
        [
            click.option("--costs", is_flag=True, help="Also at 0.5, 1 and 2 times the costs."),
            click.option(
                "--null", type=click.IntRange(min=1), metavar="N", help="Compare with N random runs."
            ),
            click.option(
                "--monte-carlo", type=click.IntRange(min=1), metavar="N", help="Simulate N paths of trades."
            ),
            click.option(
                "--check-lookahead", is_flag=True, help="Change the future; exit 3 if a decision changes."
            ),
            click.option(
                "--verify-paper", is_flag=True, help="Trade it on paper, too; exit 3 unless trades are equal."
            ),
            click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes; default: 1."),
            click.option(
                "--backend", type=click.Choice(["loky", "dask", "ray"]),
                help="What starts the processes; default: loky.",
            ),
        ],
    )  # fmt: skip


def file_options(func: F) -> F:
    """``--junit`` and ``--summary``; the command gets ``files``."""
    return _grouped(
        func,
        "files",
        FileOptions,
        [
            click.option("--junit", type=_FILE, help="Write the gate's checks as JUnit XML."),
            click.option("--summary", type=_FILE, help="Write the result as a Markdown page."),
        ],
    )


def check_options(search: SearchOptions, studied: StudyOptions) -> None:
    """Refuse options that have nothing to work on.

    Raises:
        UsageError: names the option.
    """
    lonely = {"--best-by": search.best_by, "--benchmark": search.benchmark}
    for name, given in lonely.items():
        if given is not None and not search.any:
            raise UsageError(f"{name} has no trials to choose from", hint="Add --sweep NAME=a:b:s.")
    if search.random is not None and not search.sweeps:
        raise UsageError("--random has no ranges to draw from", hint="Add --sweep NAME=a:b:s.")
    if search.benchmark is not None and search.walk_forward is not None:
        raise UsageError(
            "--benchmark is for --sweep without --walk-forward", hint="Test spans are not the best of many."
        )
    spread = studied.jobs not in (None, 1) or studied.backend is not None
    if spread and not search.any and studied.null is None:
        raise UsageError(
            "--jobs and --backend have nothing to spread",
            hint="They are for --sweep, --walk-forward and --null.",
        )


def _grouped(func: F, name: str, kind: type[Any], options: list[Callable[..., Any]]) -> F:
    """A command that takes ``options`` as one record called ``name``."""
    names = [field.name for field in fields(kind)]

    @wraps(func)
    def gathered(*args: Any, **kwargs: Any) -> Any:
        record = kind(**{field: kwargs.pop(field) for field in names})
        return func(*args, **kwargs, **{name: record})

    for option in reversed(options):
        gathered = option(gathered)
    return cast("F", gathered)
