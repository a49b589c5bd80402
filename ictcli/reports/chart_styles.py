"""How each kind of detection looks on a chart; colours stay apart for every kind of colour vision."""

from dataclasses import dataclass, field
from typing import Literal

from ictcli.detectors.registry import DETECTORS

Form = Literal["zone", "level", "break", "point", "window", "setup"]
"""What is drawn: a rectangle, a line to the right, a short line, a mark, shading, a trade's plan."""


@dataclass(frozen=True, slots=True)
class Style:
    """The look of one kind.

    Attributes:
        form: what to draw; empty to tell it from each row.
        tag: a few letters that name the kind on the chart; empty for none.
        dash: of lines: ``solid``, ``dot`` or ``dash``.
        symbol: of marks, a name of plotly.
        shown: whether the chart shows it at first.
        layers: layers shown at first, all when empty.
    """

    form: Form | Literal[""] = ""
    tag: str = ""
    dash: str = "solid"
    symbol: str = "circle"
    shown: bool = True
    layers: tuple[str, ...] = ()

    def shows(self, layer: str, *, asked: bool = False) -> bool:
        """Whether a layer is shown at first; ``asked`` when its kind was asked for by name."""
        return (self.shown or asked) and (not self.layers or layer in self.layers)


_STYLES = {
    "swing": Style(dash="dot", layers=("swing",)),
    "alternating_swing": Style(dash="dot", shown=False),
    "hierarchy": Style(dash="dot", shown=False),
    "zigzag": Style(dash="dot", shown=False),
    "displacement": Style(symbol="diamond", shown=False),
    "structure": Style(form="break", layers=("swing",)),
    "mss": Style(form="break", tag="MSS", shown=False),
    "inducement": Style(tag="IDM", dash="dot", shown=False),
    "dealing_range": Style(tag="range", shown=False),
    "ote": Style(tag="OTE", layers=("swing",)),
    "fvg": Style(tag="FVG"),
    "ifvg": Style(tag="IFVG"),
    "bpr": Style(tag="BPR"),
    "implied_fvg": Style(tag="implied", shown=False),
    "first_fvg": Style(symbol="square", shown=False),
    "volume_imbalance": Style(tag="VI", shown=False),
    "gap": Style(tag="gap", shown=False),
    "liquidity_void": Style(tag="void", shown=False),
    "order_block": Style(tag="OB"),
    "breaker": Style(tag="BB"),
    "flip_breaker": Style(tag="flip"),
    "mitigation_block": Style(tag="MB"),
    "rejection_block": Style(tag="RB", shown=False),
    "propulsion_block": Style(tag="PB", shown=False),
    "equal_levels": Style(dash="dash"),
    "prev_levels": Style(dash="dash"),
    "sweep": Style(symbol="x", layers=("swing",)),
    "pool_sweep": Style(symbol="x"),
    "level_sweep": Style(symbol="x"),
    "session_sweep": Style(symbol="x", shown=False),
    "ipda": Style(dash="dash", shown=False),
    "adr": Style(shown=False),
    "turtle_soup": Style(symbol="star", shown=False),
    "volatility_spike": Style(form="point", symbol="star", shown=False),
    "silver_bullet": Style(shown=False),
    "macro": Style(shown=False),
    "asian_range": Style(shown=False),
    "cbdr": Style(shown=False),
    "flout": Style(shown=False),
    "amd": Style(shown=False),
    "model2022": Style(tag="2022", shown=False),
    "silver_bullet_setup": Style(tag="SB", shown=False),
    "unicorn": Style(tag="unicorn", shown=False),
}
_WINDOWS = {
    "ASIA": "Asia",
    "LONDON_OPEN": "London",
    "NEW_YORK_AM": "NY AM",
    "LONDON_CLOSE": "LDN close",
    "LUNCH": "lunch",
    "NEW_YORK_PM": "NY PM",
}
"""Names of windows that stand in little room."""

CHAPTERS = ("structure", "imbalance", "blocks", "liquidity", "sessions", "setups", "candles", "bias")
"""Of the detectors, in the order of the legend."""

_SHOWN = CHAPTERS[:5]
"""Chapters whose kinds are shown at first unless the table says otherwise."""


def family(kind: str) -> str:
    """The chapter of a detector: the folder it lives in; empty for unknown kinds."""
    return DETECTORS[kind].params.__module__.rsplit(".", 2)[-2] if kind in DETECTORS else ""


def style(kind: str) -> Style:
    """The look of a kind; what the table does not name is drawn by what its rows have."""
    return _STYLES.get(kind) or Style(shown=family(kind) in _SHOWN)


def hatched(kind: str) -> bool:
    """Whether zones of a kind are hatched, so that they stay apart from tinted ones they lie on."""
    return family(kind) == "blocks"


def title(kind: str, layer: str) -> str:
    """The name of a kind and layer for people: ``order block · internal``; swings carry their size."""
    size = DETECTORS[kind].layers[layer].get("left") if kind == "swing" else None
    words = kind.replace("_", " ")
    return f"{words} · {size or layer}" if layer else words


def caption(kind: str, label: str, form: Form) -> str:
    """What a chart writes beside an object; empty for nothing.

    The label of a setup is how it ended, which is not known from the start, so it is left out.
    """
    words = "" if form == "setup" else label
    if kind == "smt":  # its label names the symbol that swept, which says little alone
        words = f"SMT {words}".rstrip()
    words = words or style(kind).tag or (kind if form in {"window", "setup"} else "")
    return (_WINDOWS.get(words, words) if form == "window" else words).replace("_", " ")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one appearance, as ``#rrggbb``.

    Attributes:
        rising, falling: candles; they differ in lightness too.
        gain, loss: what a setup may win and lose.
        families: support side and resistance side of each chapter.
        other: both sides of everything else.
    """

    paper: str
    ink: str
    faint: str
    grid: str
    rising: str
    falling: str
    window: str
    gain: str
    loss: str
    families: dict[str, tuple[str, str]] = field(default_factory=dict)
    other: tuple[str, str] = ("#777777", "#777777")

    def colour(self, chapter: str, direction: str) -> str:
        """Of an object: ``bull``, ``bear`` or ``none``."""
        if direction == "none":
            return self.window if chapter == "sessions" else self.ink
        return self.families.get(chapter, self.other)[direction == "bear"]


THEMES = {
    "light": Theme(
        paper="#ffffff",
        ink="#24292f",
        faint="#6b7580",
        grid="#eceff2",
        rising="#35a99a",
        falling="#2b3138",
        window="#5b7a99",
        gain="#1a7f64",
        loss="#b3261e",
        families={
            "structure": ("#0b5394", "#a61c1c"),
            "imbalance": ("#0072b2", "#d55e00"),
            "blocks": ("#007a5a", "#b0528a"),
            "liquidity": ("#2b8cbe", "#b8860b"),
            "sessions": ("#5b7a99", "#5b7a99"),
            "candles": ("#0072b2", "#d55e00"),
        },
    ),
    "dark": Theme(
        paper="#12161b",
        ink="#e3e8ed",
        faint="#8b97a3",
        grid="#232a32",
        rising="#7fe3d0",
        falling="#77828d",
        window="#7f9fbf",
        gain="#5fd0a8",
        loss="#ff8a7a",
        families={
            "structure": ("#7ab8f5", "#ff8f80"),
            "imbalance": ("#3fa7e0", "#f08a3c"),
            "blocks": ("#2fc295", "#e38fc0"),
            "liquidity": ("#7fd0f5", "#e8c14a"),
            "sessions": ("#7f9fbf", "#7f9fbf"),
            "candles": ("#3fa7e0", "#f08a3c"),
        },
        other=("#9aa5b0", "#9aa5b0"),
    ),
}
