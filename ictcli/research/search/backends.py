"""Work spread over processes: the same results, in whatever order they come, on every backend.

``loky`` starts processes on this machine, ``dask`` a cluster of processes (or the one that
``DASK_SCHEDULER_ADDRESS`` names), ``ray`` the same through Ray. Only paths and texts travel to a worker, and
only results come back; workers on other machines need the workspace under the same path.
"""

import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Literal, TypeVar, get_args

from ictcli.errors import ConfigError, UsageError

Item = TypeVar("Item")
Result = TypeVar("Result")
Backend = Literal["loky", "dask", "ray"]

BACKENDS: tuple[str, ...] = get_args(Backend)
MOST_JOBS = 1024
SCHEDULER = "DASK_SCHEDULER_ADDRESS"
_WAVE = 4
"""Items per job that are handed out together where a backend cannot give results as they come."""
_MODULES = {"dask": "distributed", "ray": "ray"}


def check_backend(backend: str, jobs: int) -> None:
    """Refuse a backend that is not there, before anything is loaded.

    Raises:
        UsageError: no such backend, or a number of jobs that makes no sense.
        ConfigError: its package is not installed.
    """
    if backend not in BACKENDS:
        raise UsageError(f"unknown backend {backend!r}", hint=f"Known: {', '.join(BACKENDS)}.")
    if not 1 <= jobs <= MOST_JOBS:
        raise UsageError(f"--jobs {jobs} is not from 1 to {MOST_JOBS}")
    needed = _MODULES.get(backend)
    if needed and importlib.util.find_spec(needed) is None:
        raise ConfigError(
            f"backend {backend} needs the package {needed}",
            hint=f"Install it: pip install 'ictcli[{backend}]'.",
        )


def each(work: Callable[[Item], Result], items: Sequence[Item], jobs: int, backend: str) -> Iterator[Result]:
    """The results of ``work`` on every item, as they come.

    One job of ``loky`` runs in this process.

    Args:
        work: a function of a module, or a ``functools.partial`` of one.
        items: to work on.
        jobs: processes.
        backend: one of ``BACKENDS``.

    Raises:
        UsageError: see ``check_backend``.
        ConfigError: see ``check_backend``.
    """
    check_backend(backend, jobs)
    if runs_here(len(items), jobs, backend):
        yield from map(work, items)
        return
    import joblib  # noqa: PLC0415 - takes a quarter of a second, which one job should not pay

    with ExitStack() as stack:
        stack.enter_context(_started(backend, jobs))
        calls = [joblib.delayed(work)(item) for item in items]
        if backend == "ray":
            for at in range(0, len(calls), _WAVE * jobs):
                yield from joblib.Parallel(batch_size=1)(calls[at : at + _WAVE * jobs])
            return
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
        found = parallel(calls)
        stack.callback(found.close)
        yield from found


def runs_here(items: int, jobs: int, backend: str) -> bool:
    """Whether this process does the work itself, and may use what it has loaded."""
    return backend == "loky" and (jobs == 1 or items < 2)


def _started(backend: str, jobs: int) -> AbstractContextManager[None]:
    if backend == "dask":
        return _dask(jobs)
    return _ray(jobs) if backend == "ray" else _loky(jobs)


@contextmanager
def _loky(jobs: int) -> Iterator[None]:
    import joblib  # noqa: PLC0415

    with joblib.parallel_config(backend="loky", n_jobs=jobs, inner_max_num_threads=1):
        yield


@contextmanager
def _dask(jobs: int) -> Iterator[None]:
    import joblib  # noqa: PLC0415
    from distributed import Client, LocalCluster  # noqa: PLC0415 - optional

    with ExitStack() as stack:
        address = os.environ.get(SCHEDULER)
        cluster = address or stack.enter_context(
            LocalCluster(
                n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=40
            )
        )
        client = stack.enter_context(Client(cluster))
        stack.enter_context(joblib.parallel_config(backend="dask", n_jobs=jobs, client=client))
        yield


@contextmanager
def _ray(jobs: int) -> Iterator[None]:
    import joblib  # noqa: PLC0415
    import ray  # noqa: PLC0415 - optional
    from ray.util.joblib import register_ray  # noqa: PLC0415

    started = not ray.is_initialized()
    if started:
        local: dict[str, Any] = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": jobs}
        ray.init(include_dashboard=False, log_to_driver=False, **local)
    register_ray()
    try:
        with joblib.parallel_config(backend="ray", n_jobs=jobs):
            yield
    finally:
        if started:
            ray.shutdown()
