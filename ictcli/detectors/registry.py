"""Every detector that can be named on the command line; the sweep tests read this table."""

import difflib
from collections.abc import Callable, Iterable

import msgspec

from ictcli.config.records import DetectConfig
from ictcli.detectors.bias import confluence, htf_bias
from ictcli.detectors.blocks import (
    breaker,
    flip_breaker,
    mitigation_block,
    order_block,
    propulsion_block,
    rejection_block,
)
from ictcli.detectors.candles import (
    engulfing,
    impulse,
    inside_bar,
    momentum_run,
    nr7,
    pin_bar,
    volatility_spike,
)
from ictcli.detectors.detector import Detector, Extra
from ictcli.detectors.imbalance import (
    bpr,
    first_fvg,
    fvg,
    ifvg,
    implied_fvg,
    liquidity_void,
    opening_gap,
    vacuum_gap,
    volume_imbalance,
)
from ictcli.detectors.liquidity import (
    adr,
    equal_levels,
    ipda,
    level_sweep,
    opening_price,
    pool_sweep,
    prev_levels,
    round_number,
    session_sweep,
    smt,
    sweep,
    turtle_soup,
)
from ictcli.detectors.plan import Overrides, Settings, title
from ictcli.detectors.sessions import (
    amd,
    asian_range,
    cbdr,
    flout,
    judas,
    kill_zone,
    macro,
    session_level,
    silver_bullet,
)
from ictcli.detectors.setups import model2022, model2022_search, silver_bullet_setup, unicorn
from ictcli.detectors.structure import (
    alternating,
    dealing_range,
    displacement,
    hierarchy,
    inducement,
    mss,
    ote,
    structure,
    swing,
    zigzag,
)
from ictcli.errors import ConfigError, UsageError

_ENTRIES = (
    swing.DETECTOR,
    alternating.DETECTOR,
    hierarchy.DETECTOR,
    zigzag.DETECTOR,
    displacement.DETECTOR,
    structure.DETECTOR,
    dealing_range.DETECTOR,
    ote.DETECTOR,
    inducement.DETECTOR,
    fvg.DETECTOR,
    ifvg.DETECTOR,
    bpr.DETECTOR,
    volume_imbalance.DETECTOR,
    vacuum_gap.DETECTOR,
    implied_fvg.DETECTOR,
    liquidity_void.DETECTOR,
    opening_gap.DETECTOR,
    first_fvg.DETECTOR,
    order_block.DETECTOR,
    flip_breaker.DETECTOR,
    breaker.DETECTOR,
    mitigation_block.DETECTOR,
    rejection_block.DETECTOR,
    propulsion_block.DETECTOR,
    sweep.DETECTOR,
    mss.DETECTOR,
    equal_levels.DETECTOR,
    pool_sweep.DETECTOR,
    prev_levels.DETECTOR,
    level_sweep.DETECTOR,
    turtle_soup.DETECTOR,
    ipda.DETECTOR,
    adr.DETECTOR,
    opening_price.DETECTOR,
    round_number.DETECTOR,
    smt.DETECTOR,
    htf_bias.DETECTOR,
    volatility_spike.DETECTOR,
    engulfing.DETECTOR,
    impulse.DETECTOR,
    pin_bar.DETECTOR,
    inside_bar.DETECTOR,
    nr7.DETECTOR,
    momentum_run.DETECTOR,
    kill_zone.DETECTOR,
    silver_bullet.DETECTOR,
    macro.DETECTOR,
    session_level.DETECTOR,
    session_sweep.DETECTOR,
    unicorn.DETECTOR,
    model2022_search.DETECTOR,
    model2022.DETECTOR,
    silver_bullet_setup.DETECTOR,
    asian_range.DETECTOR,
    cbdr.DETECTOR,
    flout.DETECTOR,
    judas.DETECTOR,
    amd.DETECTOR,
    confluence.DETECTOR,
)
"""Each comes after those it listens to."""

DETECTORS: dict[str, Detector] = {detector.name: detector for detector in _ENTRIES}


def choose(names: Iterable[str]) -> tuple[str, ...]:
    """The named detectors in registry order, all of them when none is named.

    Raises:
        UsageError: a name is unknown.
    """
    wanted = list(names)
    for name in wanted:
        if name not in DETECTORS:
            hint = f"{_nearest(name, DETECTORS)} Known: {', '.join(DETECTORS)}.".strip()
            raise UsageError(f"unknown detector {name!r}", hint=hint)
    return tuple(name for name in DETECTORS if not wanted or name in wanted)


def all_extras() -> tuple[Extra, ...]:
    """The columns beyond the common ones of all detectors, each name once."""
    found = {extra.name: extra for detector in DETECTORS.values() for extra in detector.extras}
    return tuple(found.values())


def configured(config: DetectConfig, bar_ns: int, *, always_open: bool) -> Settings:
    """What the config says about detectors, for bars of one length.

    Raises:
        ConfigError: as :func:`check_parameters`.
    """
    check_parameters(config)
    return Settings(bar_ns, always_open, config.atr_length, _overrides(config))


def check_parameters(config: DetectConfig, origin: Callable[[str], str] | None = None) -> None:
    """Refuse what no detector takes.

    Args:
        config: what to check.
        origin: where the value of a dotted key was given, for the message.

    Raises:
        ConfigError: ``detect.params`` names an unknown detector or parameter, or a value out of bounds.
    """
    known = {title(name, layer): DETECTORS[name] for name in DETECTORS for layer in DETECTORS[name].layers}
    known |= DETECTORS
    for name, values in config.params.items():
        at = f"detect.params.{name}"
        if name not in known:
            hint = _nearest(name, known) or f"Known: {', '.join(DETECTORS)}."
            raise ConfigError(f"{_place(origin, at)}{at}: no such detector", hint=hint)
        params = known[name].params
        fields = [field.name for field in msgspec.structs.fields(params)]
        takes = f"It takes: {', '.join(fields)}."
        for key in values:
            if key not in fields:
                place = _place(origin, f"{at}.{key}")
                hint = f"{_nearest(key, fields)} {takes}".strip()
                raise ConfigError(f"{place}unknown key '{at}.{key}'", hint=hint)
        try:
            msgspec.convert(values, params)
        except msgspec.ValidationError as error:
            raise ConfigError(f"{_place(origin, at)}{at}: {error}", hint=takes) from error


def _place(origin: Callable[[str], str] | None, key: str) -> str:
    return f"{origin(key)}: " if origin else ""


def _nearest(name: str, known: Iterable[str]) -> str:
    """A question that names the nearest known name; empty when none is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""


def _overrides(config: DetectConfig) -> Overrides:
    """The general keys of the config spread over the detectors that have them, then the particular ones."""
    found: dict[str, dict[str, object]] = {}
    for name, detector in DETECTORS.items():
        if any(field.name == "max_active" for field in msgspec.structs.fields(detector.params)):
            found[name] = {"max_active": config.max_active}
    found["swing.internal"] = {"left": config.swing_left, "right": config.swing_right}
    for name, values in config.params.items():
        found[name] = {**found.get(name, {}), **values}
    return found
