"""The certificate: every claim with its n and its bound, and all that they hold for."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ictcli.clock import NS_PER_SECOND, iso
from ictcli.stress.registry import NAMES
from ictcli.stress.runner import Outcome, verdict_of
from ictcli.stress.scenario import Claim
from ictcli.stress.setting import Setting
from ictcli.trading.graduation import strategy_mark

_PROCESSORS = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for.

    Attributes:
        names: of the scenarios.
        seed: the first.
        now: instant of the run, ns UTC.
        provenance: command line, hash of the configuration, version.
        versions: of the packages that results depend on.
        load: what the machine did at the beginning, besides (mean of a minute); None where it does not tell.
        beside: scenarios that run in a process beside the others.
    """

    names: Sequence[str]
    seed: int
    now: int
    provenance: Mapping[str, Any]
    versions: Mapping[str, str]
    load: float | None
    beside: Sequence[str] = ()


def certificate(
    asked: Asked, setting: Setting, outcomes: Sequence[Outcome], seconds: float
) -> dict[str, Any]:
    """The document that page and table show; plain data.

    Args:
        asked: what was to be run.
        setting: what it was run with.
        outcomes: of the scenarios that ran.
        seconds: real time that all of it took.
    """
    finished = [one.name for one in outcomes if one.finished]
    left = [name for name in asked.names if name not in finished]
    return {
        "certificate": f"stress-{stamp(asked.now)}",
        "created": iso(asked.now // NS_PER_SECOND * NS_PER_SECOND),
        "verdict": str(verdict_of(outcomes, finished=not left)),
        "finished": not left,
        "not_finished": left,
        "left_out": [name for name in NAMES if name not in asked.names],
        "profile": setting.profile,
        "strategies": [strategy_mark(choice, None) for choice in setting.choices],
        "strategies_traded_by": [one.name for one in outcomes if one.traded],
        "timeframes": [one.name for one in setting.timeframes],
        "symbols": list(setting.symbols),
        "seed": asked.seed,
        "seeds": setting.seeds,
        "duration_s": None if setting.duration is None else setting.duration // NS_PER_SECOND,
        "seconds": round(seconds, 1),
        "side_by_side": list(asked.beside),
        "scenarios": [_scenario(one) for one in outcomes],
        "thresholds": msgspec.to_builtins(setting.limits),
        "machine": machine(asked.load),
        "versions": dict(asked.versions),
        "provenance": dict(asked.provenance),
    }


def machine(load: float | None) -> dict[str, Any]:
    """What it ran on, without names of people and hosts."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_mib": _memory(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load": None if load is None else round(load, 2),
    }


def load_now() -> float | None:
    """How many processes want to run, the mean of the last minute; None where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def stamp(now: int) -> str:
    """An instant as part of a file name."""
    return iso(now // NS_PER_SECOND * NS_PER_SECOND).replace("-", "").replace(":", "")


def _scenario(one: Outcome) -> dict[str, Any]:
    return {
        "name": one.name,
        "line": one.line,
        "verdict": str(one.verdict),
        "finished": one.finished,
        "seconds": round(one.seconds, 1),
        "seed": one.seed,
        "error": one.error,
        "trace": list(one.trace),
        "claims": [_claim(claim) for claim in one.claims],
    }


def _claim(claim: Claim) -> dict[str, Any]:
    bound = claim.bound
    return {
        "name": claim.name, "value": claim.value, "unit": claim.unit, "n": claim.n, "of": claim.of,
        "low": bound.low, "high": bound.high, "confidence": bound.confidence, "method": bound.method,
        "direction": claim.direction, "threshold": claim.threshold, "verdict": str(claim.verdict),
        "note": claim.note, "quantile": claim.quantile,
    }  # fmt: skip


def _processor() -> str:
    if _PROCESSORS.exists():
        for line in _PROCESSORS.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _memory() -> int | None:
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names or "SC_PAGE_SIZE" not in names:
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
