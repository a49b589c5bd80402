"""Live driving: one compiled call gives a bar to every detector of a plan.

The same steps over the same states as in batch, so what it writes is the same, bit for bit; only the call
is cheaper. Second symbols and parameters are those of the plan.
"""

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors import fused
from ictcli.detectors.base.events import EVENT, MOST_PER_BAR
from ictcli.detectors.drive import Memory, Records
from ictcli.detectors.plan import NO_NODE, Node, Plan
from ictcli.detectors.registry import DETECTORS

_NAMES = fused.STATE.names or ()
_ROOM = 16 * MOST_PER_BAR


class Live:
    """A plan under way.

    Args:
        plan: of registered detectors only.
        memory: where it stands; it is copied.

    Raises:
        ValueError: the plan holds a detector that is not in the fused call.
    """

    def __init__(self, plan: Plan, memory: Memory) -> None:
        self._places = [_place(node) for node in plan.nodes]
        self._states = np.zeros(1, fused.STATE)
        self._wanted = np.zeros(len(_NAMES), np.int64)
        for place, state in zip(self._places, memory.states, strict=True):
            self._states[0][_NAMES[place]] = state[0]
            self._wanted[place] = 1
        self._events = np.empty(_ROOM, EVENT)
        self._ends = np.zeros(len(_NAMES) + 1, np.int64)
        self._plan = plan

    @classmethod
    def fits(cls, plan: Plan) -> bool:
        """Whether every detector of a plan is in the fused call as it is registered."""
        return all(node_name(node) in _NAMES and _is_fused(node) for node in plan.nodes)

    def push(self, bar: NDArray[np.void]) -> int:
        """Take one closed bar, an array of one ``BAR``; return the number of records written."""
        return int(fused.step(self._states, self._wanted, self._events, self._ends, bar))

    def records(self, position: int) -> Records:
        """What a node of the plan wrote at the last bar; valid until the next one."""
        place = self._places[position]
        return self._events[self._ends[place] : self._ends[place + 1]]

    @property
    def written(self) -> tuple[Records, NDArray[np.int64]]:
        """What all nodes wrote at the last bar, and where: that of place k is ``[ends[k]:ends[k + 1]]``."""
        return self._events, self._ends

    def states(self) -> tuple[NDArray[np.void], ...]:
        """Copies of the states of all nodes."""
        return tuple(
            np.frombuffer(bytearray(self._states[0][_NAMES[place]].tobytes()), node.detector.state)
            for place, node in zip(self._places, self._plan.nodes, strict=True)
        )


def node_name(node: Node) -> str:
    """The name of a node's state in the fused call."""
    return node.title.replace(".", "_")


def _place(node: Node) -> int:
    name = node_name(node)
    if name not in _NAMES:
        raise ValueError(f"{node.title} is not in the fused call: run scripts/fuse.py")
    return _NAMES.index(name)


def _is_fused(node: Node) -> bool:
    """Whether a node is the registered detector and hears what the fused call lets it hear."""
    known = DETECTORS.get(node.detector.name)
    heard = all(
        feed != NO_NODE or spec.optional for feed, spec in zip(node.feeds, node.detector.feeds, strict=True)
    )
    return known is node.detector and heard
