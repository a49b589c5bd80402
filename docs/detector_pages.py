"""The pages of docs/detectors/: each detector's definition, parameters and columns, and a drawn example.

    python docs/detector_pages.py

Everything is taken from the code: the text from the module's docstring, the example from what the
detector itself finds in the simulated market. A test compares the pages with what this script would write.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, iso
from ictcli.detectors.base import zones
from ictcli.detectors.base.events import CONFIRMED, EXTENDED, RECORD_NAMES
from ictcli.detectors.detector import Detector
from ictcli.detectors.drive import advance, start
from ictcli.detectors.identity import hashed, identifiers
from ictcli.detectors.plan import Node, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.sessions import windows
from ictcli.detectors.setups import orders
from ictcli.market.bars import Bars, SeriesKey, concat
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.sources.sim.market import SimMarket

PAGES = Path(__file__).parent / "detectors"
SYMBOL, OTHER, SEED = "EURUSD", "GBPUSD", 7
FIRST = int(np.datetime64("2024-03-04", "ns").astype(np.int64))
DAYS = {"M15": 12, "M1": 12, "H1": 60}
"""Simulated days by bar length, in the order in which examples are looked for; H1 for what needs weeks."""
ROOM, MOST = 8, 90
"""Bars drawn around an example, and at most in all."""
WIDTH, HEIGHT, MARGIN = 880, 320, 44
HAND_WRITTEN = ("fields.md",)
"""Pages of the folder that this script leaves alone."""
IDENTIFIED = "sweep"
"""The detector whose identifier is taken apart: it has layers, feeds, an average range and twins."""
LINES = 30
"""Most records listed."""

SHARED = {"zones": zones, "windows": windows, "orders": orders}
"""Modules whose rules several detectors share; a definition names them as "as ``zones``", "in ``orders``"."""

UNITS = {
    "price": "price",
    "twice": "price",
    "points": "price difference",
    "instant": "UTC",
    "count": "count",
    "signed": "-1, 0, 1 or a signed count",
    "ratio": "ratio",
    "flag": "true or false",
    "id": "id of another object",
}


@dataclass(frozen=True)
class Example:
    """One object with the bars around it.

    Attributes:
        events: its records.
        bars: of the whole market.
        first, last: what is drawn of them, last exclusive.
    """

    node: Node
    events: NDArray[np.void]
    bars: Bars
    first: int
    last: int


def pages() -> dict[Path, str]:
    """Path = text of every page and picture."""
    found: dict[Path, str] = {}
    market = {name: simulated(name) for name in DAYS}
    for name, detector in DETECTORS.items():
        example = find_example(detector, market)
        found[PAGES / f"{name}.md"] = page(detector, example)
        if example is not None:
            found[PAGES / f"{name}.svg"] = drawing(example)
    found[PAGES / "README.md"] = index(market["M15"][0])
    found |= {PAGES / name: (PAGES / name).read_text("utf-8") for name in HAND_WRITTEN}
    return found


def simulated(timeframe: str) -> tuple[Bars, Bars]:
    """Bars of two symbols of the simulated market."""
    market = SimMarket(load_symbols(None), (SYMBOL, OTHER), SEED, 0.0, FIRST)
    end = FIRST + DAYS[timeframe] * NS_PER_DAY
    ours, theirs = (
        concat(list(market.bars(symbol, TIMEFRAMES[timeframe], FIRST, end))) for symbol in (SYMBOL, OTHER)
    )
    return ours, theirs


def find_example(detector: Detector, market: dict[str, tuple[Bars, Bars]]) -> Example | None:
    """The object with the most telling life that fits into a picture, on M15 bars if there is one."""
    best: Example | None = None
    for timeframe, (bars, other) in market.items():
        if best is not None:
            break
        plan = make_plan([detector], DETECTORS, Settings(TIMEFRAMES[timeframe].ns), pair=detector.pair)
        found = advance(plan, start(plan), bars, other if detector.pair else None)
        for node, events in zip(plan.nodes, found, strict=True):
            if node.wanted and len(events) and best is None:
                best = choose_object(node, events, bars)
    return best


def choose_object(node: Node, events: NDArray[np.void], bars: Bars) -> Example:
    """The object with the most kinds of records among those that fit; the first of them."""
    order = np.argsort(events["serial"], kind="stable")
    ordered = events[order]
    starts = np.flatnonzero(ordered["record"] == CONFIRMED)
    ends = np.append(starts[1:], len(ordered))
    spans = ordered["at"][ends - 1] - np.minimum(ordered["formed"][starts], ordered["at"][starts])
    fits = (spans <= MOST - 2 * ROOM) & (ordered["formed"][starts] >= 60)
    pool = np.flatnonzero(fits) if fits.any() else np.argsort(spans, kind="stable")[:1]
    kinds = [len(set(ordered["record"][starts[at] : ends[at]].tolist())) for at in pool]
    chosen = int(pool[int(np.argmax(kinds))])
    own = ordered[starts[chosen] : ends[chosen]]
    first = max(int(min(own["formed"][0], own["at"][0])) - ROOM, 0)
    last = min(int(own["at"][-1]) + ROOM + 1, first + MOST, len(bars))
    return Example(node, own, bars, first, last)


def page(detector: Detector, example: Example | None) -> str:
    """The page of one detector."""
    return "\n".join([*definition(detector), *parameter_table(detector), *columns(detector), *shown(example)])


def definition(detector: Detector) -> Iterator[str]:
    """What it is, from the docstring of its module."""
    text = sys.modules[detector.step.__module__].__doc__ or ""
    yield f"# {detector.name}"
    yield ""
    yield prose(text)
    yield ""
    yield from shared_rules(detector, text)
    yield "| | |"
    yield "|---|---|"
    layers = [layer for layer in detector.layers if layer]
    if layers:
        yield f"| layers | {', '.join(f'`{layer}`' for layer in layers)} |"
    if detector.feeds:
        feeds = dict.fromkeys(feed.detector for feed in detector.feeds)
        yield f"| builds on | {', '.join(f'[{feed}]({feed}.md)' for feed in feeds)} |"
    yield f"| ends with | {', '.join(detector.ends) or 'its confirmation: a point in time'} |"
    words = list(dict.fromkeys(detector.labels.values()))
    if words:
        yield f"| labels | {', '.join(f'`{word}`' for word in words)} |"
    if detector.pair:
        yield "| needs | a second symbol: `detect --with SYMBOL` |"
    yield f"| version | {detector.version} |"
    yield ""


def shared_rules(detector: Detector, text: str) -> Iterator[str]:
    """The rules that it shares with others, from the docstrings of their modules."""
    for name, module in SHARED.items():
        zone = name == "zones" and detector.ends == zones.ZONE_ENDS
        if zone or re.search(rf"\b(?:as|in) ``{name}``", text):
            yield f"## The rules of {name}"
            yield ""
            yield prose(module.__doc__ or "")
            yield ""


def prose(text: str) -> str:
    """A docstring as Markdown."""
    return re.sub(r"``(.+?)``", r"`\1`", text.strip())


def parameter_table(detector: Detector) -> Iterator[str]:
    """Its parameters, from the docstring of their record."""
    fields = msgspec.structs.fields(detector.params)
    if not fields:
        return
    meanings = attribute_texts(detector.params.__doc__ or "")
    yield "## Parameters"
    yield ""
    yield f"Set in `[detect.params.{detector.name}]` of the config."
    yield ""
    yield "| name | default | meaning |"
    yield "|---|---|---|"
    for field in fields:
        changed = [
            f"{layer}: {own[field.name]}" for layer, own in detector.layers.items() if field.name in own
        ]
        default = ", ".join(changed) or (f"`{field.default}`" if field.default != "" else "empty")
        yield f"| `{field.name}` | {default} | {meanings.get(field.name, '')} |"
    yield ""


def attribute_texts(docstring: str) -> dict[str, str]:
    """Name = text of the entries of an ``Attributes`` section."""
    _, _, section = docstring.partition("Attributes:")
    entries = re.findall(r"^ {8}(\w+): (.+(?:\n {12,}.+)*)", section, re.MULTILINE)
    return {name: prose(" ".join(text.split())).replace("|", "\\|") for name, text in entries}


def columns(detector: Detector) -> Iterator[str]:
    """What it fills of the output tables."""
    yield "## Columns"
    yield ""
    own = detector.columns
    yield f"Of the [common columns](README.md#columns): {', '.join(f'`{name}`' for name in own)}."
    yield ""
    if detector.extras:
        yield "| own column | is a |"
        yield "|---|---|"
        yield from (f"| `{extra.name}` | {UNITS[extra.kind]} |" for extra in detector.extras)
        yield ""


def shown(example: Example | None) -> Iterator[str]:
    """An example with its records."""
    if example is None:
        return
    name = example.node.detector.name
    layer = f", layer {example.node.layer}" if example.node.layer else ""
    length = int(example.bars.ts_close[0] - example.bars.ts[0])
    timeframe = next(name for name in DAYS if TIMEFRAMES[name].ns == length)
    yield "## Example"
    yield ""
    yield f"![{name} in the simulated market]({name}.svg)"
    yield ""
    yield f"Found by the detector in the simulated market ({SYMBOL}, {timeframe}, seed {SEED}{layer}):"
    yield ""
    yield "| record | known at (UTC) | price |"
    yield "|---|---|---|"
    for event in example.events[:LINES]:
        price = " to ".join(dict.fromkeys(text_of(example.bars, event[edge]) for edge in ("bottom", "top")))
        yield f"| {RECORD_NAMES[event['record']]} | {iso(int(event['at_ts']))} | {price} |"
    if len(example.events) > LINES:
        yield f"| ... {len(example.events) - LINES} more | | |"
    yield ""


def text_of(bars: Bars, points: int) -> str:
    """Points as a price."""
    return str(Decimal(int(points)).scaleb(-bars.digits))


def drawing(example: Example) -> str:
    """The bars around an object and its records, as SVG."""
    bars, first, last = example.bars, example.first, example.last
    born = example.events[0]
    edges = [int(born["bottom"]), int(born["top"])]
    low, high = int(bars.low[first:last].min()), int(bars.high[first:last].max())
    if low - (high - low) < edges[0] and edges[1] < high + (high - low):
        low, high = min(low, edges[0]), max(high, edges[1])
    step = (WIDTH - 2 * MARGIN) / (last - first)
    scale = (HEIGHT - 2 * MARGIN) / max(high - low, 1)

    def x(bar: float) -> float:
        return round(MARGIN + (bar - first + 0.5) * step, 1)

    def y(points: float) -> float:
        return round(HEIGHT - MARGIN - (points - low) * scale, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    colour = {1: "#0072b2", -1: "#d55e00"}.get(int(born["direction"]), "#666666")
    spells = list(example.events) if low <= edges[0] and edges[1] <= high else []
    for at, event in enumerate(spells):
        until = spells[at + 1]["at"] if at + 1 < len(spells) else max(event["at"], born["at"] + 1)
        left, right = x(int(event["at"])), x(min(int(until), last - 1))
        if right > left:
            height = round(max(y(int(event["bottom"])) - y(int(event["top"])), 1.5), 1)
            box = f'x="{left}" y="{y(int(event["top"]))}" width="{round(right - left, 1)}" height="{height}"'
            parts.append(f'<rect {box} fill="{colour}" fill-opacity="0.3"/>')
    for at in range(first, last):
        body = sorted((int(bars.open[at]), int(bars.close[at])))
        fill = "#ffffff" if bars.close[at] >= bars.open[at] else "#333333"
        parts.append(
            f'<path d="M{x(at)} {y(int(bars.low[at]))}V{y(int(bars.high[at]))}" stroke="#333333"/>'
            f'<rect x="{round(x(at) - step * 0.33, 1)}" y="{y(body[1])}" width="{round(step * 0.66, 1)}" '
            f'height="{round(max(y(body[0]) - y(body[1]), 1.0), 1)}" fill="{fill}" stroke="#333333"/>'
        )
    parts += marks(example, x, y, colour)
    return "\n".join([*parts, "</svg>", ""])


def marks(
    example: Example, x: Callable[[float], float], y: Callable[[float], float], colour: str
) -> Iterator[str]:
    """The anchor, and the records named under the bar at which they became known."""
    formed = int(example.events[0]["formed"])
    if example.first <= formed < example.last:
        top = y(int(example.bars.high[formed])) - 5
        yield f'<path d="M{x(formed)} {round(top, 1)}l-4 -7h8z" fill="{colour}"/>'
    named: dict[int, list[str]] = {}
    for event in example.events:
        if example.first <= event["at"] < example.last and event["record"] != EXTENDED:
            named.setdefault(int(event["at"]), []).append(RECORD_NAMES[event["record"]])
    taken = [0.0, 0.0, 0.0]
    for bar, names in named.items():
        yield f'<path d="M{x(bar)} 8V{HEIGHT - 8}" stroke="{colour}" stroke-dasharray="2 3"/>'
        text = ", ".join(names)
        length = 6.0 * len(text)
        left = min(x(bar) + 3, WIDTH - length - 3)
        row = next((row for row, end in enumerate(taken) if end <= left), 2)
        taken[row] = left + length + 6
        style = f'font-family="sans-serif" fill="{colour}"'
        yield f'<text x="{round(left, 1)}" y="{13 + 12 * row}" {style}>{text}</text>'


def index(bars: Bars) -> str:
    """The list of all detectors and what they share."""
    rows = [f"| [{name}]({name}.md) | {detector.summary} |" for name, detector in DETECTORS.items()]
    return "\n".join([HEAD, *identifier_example(bars), *LIST_HEAD, *rows, ""])


def identifier_example(bars: Bars) -> Iterator[str]:
    """What the id of one object is the hash of, for one whose id has every part there is."""
    plan = make_plan([DETECTORS[IDENTIFIED]], DETECTORS, Settings(TIMEFRAMES["M15"].ns))
    for node, events in zip(plan.nodes, advance(plan, start(plan), bars), strict=True):
        second = events[(events["record"] == CONFIRMED) & (events["ordinal"] > 0)]
        if node.wanted and len(second):
            key = SeriesKey("sim", SYMBOL, TIMEFRAMES["M15"])
            (text,) = hashed(node, key, second[:1])
            digits = format(int(identifiers(node, key, second[:1])[0]), "016x")
            yield from named_parts(text.decode(), digits, second[0])
            return


def named_parts(text: str, digits: str, event: np.void) -> Iterator[str]:
    """A hashed text with its id and what its parts are."""
    name, version, parameters, symbol, timeframe, direction, anchor, confirmed, ordinal = text.split("|")
    instants = [iso(int(event[field])) for field in ("formed_ts", "confirmed_ts")]
    yield f"Example: a {IDENTIFIED} in the simulated market (seed {SEED}). The text, a single line:"
    yield from ("", "```", text, "```", "", f"Its id: `{digits}`. The parts:", "")
    yield from ("| part | |", "|---|---|")
    yield f"| detector, version | `{name}`, `{version}` |"
    for pair in parameters.split(","):
        yield f"| parameter | `{pair}` |"
    yield f"| symbol, timeframe | `{symbol}`, `{timeframe}` |"
    yield f"| direction | `{direction}` |"
    yield f"| `formed_at` | `{anchor}`, that is {instants[0]} |"
    yield f"| `confirmed_at` | `{confirmed}`, that is {instants[1]} |"
    yield f"| the second of its kind, direction, anchor and instant | `{ordinal}` |"
    yield ""


HEAD = """# Detectors

Every detector sees closed bars one at a time and nothing else, so it cannot look ahead; `detect --verify`
proves it on your own bars. What it finds is written to two tables: `detection_events`, the log of what
became known when, and `detections`, one row per object with its whole life. Definitions follow the
research notes on ICT concepts; where sources disagree, the page says what was chosen.

## Columns

| column | |
|---|---|
| `id` | the same object has the same id in every run |
| `source`, `symbol`, `timeframe`, `kind`, `dir` | whose bars, which detector, `bull`, `bear` or `none` |
| `formed_at` | open of the bar the pattern is drawn on |
| `confirmed_at` | when it could first be acted on: the close of a bar, or its open if `known_on_open` |
| `state` | the last record that changed it; `point` for what has no life, `active` before anything happened |
| `bottom`, `top`, `level` | edges of a zone, or the price of a level |
| `label`, `layer` | variant of the concept; size of the swings it builds on |
| `leg_origin`, `leg_origin_at` | where the leg began |
| `initial`, `mss` | first break of a series; market structure shift |
| `size_atr` | size in average true ranges through the bar before, null while undefined |
| `fill`, `touch_count` | deepest return as a share of the height; bars that touched after one that did not |
| `spans_gap` | bars are missing inside the pattern |
| `tapped_at`, `ce_at`, `filled_at`, `swept_at`, `broken_at`, ... | when that record was written |
| `mitigated_at` | repeats one of them, as the parameter `mitigation` says |
| `parents` | ids of what it was made from |

[fields.md](fields.md) tells where each field of the research notes is found, and which ones are left out.

## Identifiers

An `id` is the first 16 hexadecimal digits of the SHA-256 of a UTF-8 text, eight parts joined with `|`:

    detector|version|parameters|symbol|timeframe|direction|formed_at|confirmed_at

- `version` is the one on the detector's page; `direction` is `1`, `-1` or `0`.
- `formed_at` and `confirmed_at` are those of the tables, in milliseconds since 1970 UTC.
- The parameters are `name=value` pairs, sorted as text and joined with commas:
  - the detector's own, defaults included, with values as Python writes them (`0.5`, `True`, `None`), texts
    as they are;
  - `layer`, if it has layers;
  - `bar.atr_length`, if it reads the average true range;
  - `with`, the second symbol, if it compares;
  - all pairs of every detector that it listens to, with that one's name and layer before them
    (`swing.internal.left=5`); a pair whose name already has a dot stays as it is, and one that would be
    there twice is there once.
- Where several objects of one direction and `formed_at` are confirmed at one instant, `|1`, `|2`, ... is
  appended from the second on, in the order in which the detector wrote them.

The source is not part of it: two brokers' readings of one pattern share an id.
"""

LIST_HEAD = ("## All detectors", "", "| kind | what it finds |", "|---|---|")


def main() -> None:
    """Write the pages; pages of detectors that are gone are removed."""
    wanted = pages()
    for path in PAGES.iterdir():
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
