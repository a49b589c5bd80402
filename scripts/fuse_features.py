"""Write the compiled calls that give a bar to every feature: ictcli/features/fused/plain.py and fed.py.

    python scripts/fuse_features.py

As with detectors (scripts/fuse.py), the call has to name every step. Features that listen to detectors have
a call of their own, so that sets without any need not wait until it is compiled. A test compares the files
with what this script would write.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from ictcli.detectors import fused as detectors
from ictcli.detectors.plan import title
from ictcli.features.feature import Feature
from ictcli.features.registry import FEATURES

FOLDER = Path(__file__).parents[1] / "ictcli" / "features" / "fused"
GROUP = 5

HEAD = '''"""{title}

Written by scripts/fuse_features.py from the registry; not to be edited. A call of a compiled function from
Python costs more than most steps.
"""

from typing import Any

import numpy as np

{imports}
from ictcli.kernels import kernel

STATE = np.dtype(
    [
{shared}        ("places", np.int64, {count}),
{fields}
    ]
)
"""{states} ``places`` tells the first column of each in the row, -1 for none."""

'''

GROUP_HEAD = '''
@kernel
def steps_{number}({arguments}) -> None:
    """Features {first} to {last}."""
    places = states["places"]
'''

PLAIN_TAIL = '''
@kernel
def step(
    memory: Any,
    described: Any,
    facts: Any,
    row: Any,
    at: int,
    ts: Any,
    ts_close: Any,
    opens: Any,
    highs: Any,
    lows: Any,
    closes: Any,
    spreads: Any,
    ticks: Any,
    real: Any,
) -> None:
    """Describe one closed bar and give it to all wanted features.

    Args:
        memory: an array of one ``STATE`` record.
        described: an array of one ``BAR`` record, for those that come after.
        facts: an array of one ``FACTS`` record, likewise.
        row: where the columns are written.
        at: which bar of the columns of a series, those that follow.
        ts: opens of the bars.
        ts_close: first instants after them.
        opens: prices in points.
        highs: prices in points.
        lows: prices in points.
        closes: prices in points.
        spreads: in points.
        ticks: price changes in the bars.
        real: traded volumes.
    """
    states = memory[0]
    bar = described[0]
    own = facts[0]
    prices = opens[at], highs[at], lows[at], closes[at]
    context.step(states["context"], bar, ts[at], ts_close[at], *prices, spreads[at])
    facts_step.step(states["facts"], own, bar, ticks[at], real[at])
{calls}
'''

FED_TAIL = '''
@kernel
def step(memory: Any, facts: Any, row: Any, events: Any, ends: Any) -> None:
    """Give one described bar and what detectors made of it to all wanted features.

    Args:
        memory: an array of one ``STATE`` record.
        facts: an array of one ``FACTS`` record.
        row: where the columns are written.
        events: the records of all detectors.
        ends: the records of the detector in place k are ``events[ends[k]:ends[k + 1]]``.
    """
    states = memory[0]
    own = facts[0]
{calls}
'''

SHARED = '        ("context", context.CONTEXT),\n        ("facts", facts_step.STATE),\n'
SHARED_IMPORTS = (
    "from ictcli.detectors.base import context\nfrom ictcli.features import facts as facts_step\n"
)


def module(feature: Feature) -> str:
    """The name under which a feature's module is imported."""
    return feature.step.__module__.rpartition(".")[2]


def imports(features: Sequence[Feature]) -> str:
    """The modules of the features."""
    folders: dict[str, list[str]] = {}
    for feature in features:
        folder, _, name = feature.step.__module__.rpartition(".")
        folders.setdefault(folder, []).append(name)
    names = [module(feature) for feature in features]
    if len(set(names)) < len(names):
        sys.exit(f"two features live in modules of one name: {sorted(names)}")
    return "\n".join(
        f"from {folder} import {', '.join(sorted(folders[folder]))}" for folder in sorted(folders)
    )


def heard(feature: Feature) -> str:
    """The arguments that hand the records of its detectors to a feature."""
    known = detectors.STATE.names or ()
    places = [known.index(title(feed.detector, feed.layer or "").replace(".", "_")) for feed in feature.feeds]
    return "".join(f", events, ends[{place}], ends[{place + 1}]" for place in places)


def lines(features: Sequence[Feature], *, fed: bool) -> Iterator[str]:
    """One of the files, line by line."""
    yield HEAD.format(
        title="Features that listen to detectors." if fed else "Features of the bar alone.",
        imports=("" if fed else SHARED_IMPORTS) + imports(features),
        shared="" if fed else SHARED,
        states="Their states." if fed else "Their states and those of the bar.",
        count=len(features),
        fields="\n".join(f'        ("{one.name}", {module(one)}.STATE),' for one in features),
    )
    groups = range(0, len(features), GROUP)
    arguments = "states: Any, row: Any, facts: Any" + (", events: Any, ends: Any" if fed else "")
    for number, first in enumerate(groups):
        last = min(first + GROUP, len(features))
        yield GROUP_HEAD.format(number=number, first=first, last=last - 1, arguments=arguments)
        for at in range(first, last):
            one = features[at]
            call = f'{module(one)}.step(states["{one.name}"], row, places[{at}], facts{heard(one)})'
            yield f"    if places[{at}] >= 0:\n        {call}\n"
        yield "\n"
    given = "states, row, own" + (", events, ends" if fed else "")
    calls = "\n".join(f"    steps_{number}({given})" for number in range(len(groups)))
    yield (FED_TAIL if fed else PLAIN_TAIL).format(calls=calls)


def texts() -> dict[Path, str]:
    """Path = text of both files, before formatting."""
    plain = [one for one in FEATURES.values() if not one.feeds]
    fed = [one for one in FEATURES.values() if one.feeds]
    return {
        FOLDER / "plain.py": "".join(lines(plain, fed=False)),
        FOLDER / "fed.py": "".join(lines(fed, fed=True)),
    }


if __name__ == "__main__":
    for path, text in texts().items():
        path.write_text(text, encoding="utf-8")
