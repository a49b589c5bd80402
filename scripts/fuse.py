"""Write ictcli/detectors/fused.py: one compiled call that gives a bar to every detector.

    python scripts/fuse.py

Compiled functions cannot be passed to compiled functions without losing their cache, so the call has to
name every step. A test compares the file with what this script would write.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Node, Settings, make_plan
from ictcli.detectors.registry import DETECTORS

TARGET = Path(__file__).parents[1] / "ictcli" / "detectors" / "fused.py"
GROUP = 4

HEAD = '''"""Every detector in one compiled call, for live use.

Written by scripts/fuse.py from the registry; not to be edited. A call of a compiled function from Python
costs more than most steps, so sixty separate calls would cost tens of microseconds a bar.
"""

from typing import Any

import numpy as np

{imports}
from ictcli.kernels import kernel

STATE = np.dtype(
    [
{fields}
    ]
)
"""The states of all nodes, named ``detector`` or ``detector_layer``, in the order of the plan."""

'''

GROUP_HEAD = '''
@kernel
def steps_{number}(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes {first} to {last}."""
'''

TAIL = '''
@kernel
def step(memory: Any, wanted: Any, events: Any, ends: Any, bars: Any) -> int:
    """Give one closed bar to all wanted nodes; return the number of records written.

    Arrays are handed over in a fraction of the time that single records of such types take.

    Args:
        memory: an array of one ``STATE`` record.
        wanted: 1 for every node that runs.
        events: room for the records of all nodes.
        ends: set so that node k wrote ``events[ends[k]:ends[k + 1]]``.
        bars: an array of one ``BAR`` record.
    """
    states = memory[0]
    bar = bars[0]
    ends[0] = 0
{calls}
    return int(ends[{nodes}])
'''


def all_nodes() -> tuple[Node, ...]:
    """Every layer of every detector on the shortest bars, with a second symbol."""
    plan = make_plan(DETECTORS.values(), DETECTORS, Settings(NS_PER_MINUTE), pair=True)
    if plan.refused:
        sys.exit(f"not fused: {dict(plan.refused)}")
    return plan.nodes


def field(node: Node) -> str:
    """The name of a node's state."""
    return node.title.replace(".", "_")


def lines(nodes: tuple[Node, ...]) -> Iterator[str]:
    """The file, line by line."""
    modules = {node.detector.step.__module__ for node in nodes}
    folders: dict[str, list[str]] = {}
    for path in sorted(modules):
        folder, _, name = path.rpartition(".")
        folders.setdefault(folder, []).append(name)
    imports = "\n".join(f"from {folder} import {', '.join(names)}" for folder, names in folders.items())
    fields = "\n".join(f'        ("{field(node)}", {module(node)}.DETECTOR.state),' for node in nodes)
    yield HEAD.format(imports=imports, fields=fields)
    groups = range(0, len(nodes), GROUP)
    for number, first in enumerate(groups):
        last = min(first + GROUP, len(nodes))
        yield GROUP_HEAD.format(number=number, first=first, last=last - 1)
        for at in range(first, last):
            node = nodes[at]
            feeds = "".join(f", events, ends[{feed}], ends[{feed + 1}]" for feed in node.feeds)
            yield f"    ends[{at + 1}] = ends[{at}]\n    if wanted[{at}] == 1:\n"
            call = f'{module(node)}.step(states["{field(node)}"], events, ends[{at}], bar{feeds})'
            yield f"        ends[{at + 1}] = {call}\n"
        yield "\n"
    calls = "\n".join(
        f"    steps_{number}(states, wanted, events, ends, bar)" for number in range(len(groups))
    )
    yield TAIL.format(calls=calls, nodes=len(nodes))


def module(node: Node) -> str:
    """The name under which a node's module is imported."""
    return node.detector.step.__module__.rpartition(".")[2]


def text() -> str:
    """What the file should be, before formatting."""
    return "".join(lines(all_nodes()))


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
