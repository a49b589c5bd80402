"""Every detector that can be named on the command line; the sweep tests read this table."""

import difflib
from collections.abc import Iterable, Mapping

import msgspec

from ictcli.config.records import DetectConfig
from ictcli.detectors import displacement, fvg, structure, swing
from ictcli.detectors.detector import Detector
from ictcli.errors import UsageError

_ENTRIES = (
    Detector(
        name="swing",
        version=1,
        summary="swing highs and lows with label, prominence, sweep and break",
        phase=2,
        params=swing.SwingParams,
        state=swing.STATE,
        init_state=swing.init_state,
        step=swing.step,
        run=swing.run,
        columns=swing.COLUMNS,
        labels=swing.LABELS,
    ),
    Detector(
        name="displacement",
        version=1,
        summary="wide, full-bodied bars",
        phase=3,
        params=displacement.DisplacementParams,
        state=displacement.STATE,
        init_state=displacement.init_state,
        step=displacement.step,
        run=displacement.run,
        columns=displacement.COLUMNS,
    ),
    Detector(
        name="structure",
        version=1,
        summary="breaks of structure: BOS, CHoCH, MSS",
        phase=4,
        params=structure.StructureParams,
        state=structure.STATE,
        init_state=structure.init_state,
        step=structure.step,
        run=structure.run,
        columns=structure.COLUMNS,
        labels=structure.LABELS,
    ),
    Detector(
        name="fvg",
        version=1,
        summary="fair value gaps with their whole life cycle",
        phase=5,
        params=fvg.FvgParams,
        state=fvg.STATE,
        init_state=fvg.init_state,
        step=fvg.step,
        run=fvg.run,
        columns=fvg.COLUMNS,
    ),
)

DETECTORS: dict[str, Detector] = {detector.name: detector for detector in _ENTRIES}

_FROM_CONFIG = {"left": "swing_left", "right": "swing_right"}
"""Detector parameters whose config key has another name."""


def choose(names: Iterable[str]) -> tuple[str, ...]:
    """The named detectors in registry order, all of them when none is named.

    Raises:
        UsageError: a name is unknown.
    """
    wanted = list(names)
    for name in wanted:
        if name not in DETECTORS:
            near = difflib.get_close_matches(name, DETECTORS, n=1)
            suggestion = f"Did you mean {near[0]}? " if near else ""
            raise UsageError(f"unknown detector {name!r}", hint=f"{suggestion}Known: {', '.join(DETECTORS)}.")
    return tuple(name for name in DETECTORS if not wanted or name in wanted)


def configured(names: Iterable[str], config: DetectConfig) -> Mapping[str, msgspec.Struct]:
    """The parameters of the named detectors as the config sets them."""
    chosen = {}
    for name in names:
        params = DETECTORS[name].params
        known = {
            field.name: _FROM_CONFIG.get(field.name, field.name) for field in msgspec.structs.fields(params)
        }
        values = {ours: getattr(config, key) for ours, key in known.items() if hasattr(config, key)}
        chosen[name] = params(**values)
    return chosen
