"""The compiled part of folding records into objects: who is born, who changes, who descends from whom.

Objects are found by node and birth number. They stand in two stretches, those that were open before and
those born since, each by node and birth number; ``bounds[stretch, node]`` to ``bounds[stretch, node + 1]``
are those of a node.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.events import CONFIRMED, EVENT, PARENT_ADDED, RECORD_NAMES
from ictcli.detectors.identity import NO_ID, identifier, write_text
from ictcli.detectors.lanes import LANES, finish_lanes, lane_bits, set_lane
from ictcli.kernels import hot_kernel, kernel

MOST_PARENTS = 6
"""Parents kept per object; the log has all of them."""

LIFE = np.dtype(
    [
        ("node", np.int64),  # position in the plan
        ("id", np.uint64),
        ("state", np.int64),  # number of the last record that changed the state
        ("latest", EVENT),  # the object as its latest record, or its live copy, shows it
        ("times", np.int64, len(RECORD_NAMES)),  # instant of each kind of record, -1 for none
        ("parents", np.uint64, MOST_PARENTS),  # ids, NO_ID from the last one on
    ]
)

STORY = np.dtype([(name, LIFE[name]) for name in ("node", "id", "state", "times", "parents")])
"""A life without the copy of its latest record."""

NOBODY = -1

UNBORN = 2**62
"""The birth number of those that are not born yet."""


@kernel
def count_births(events: Any, owner: Any, born: Any) -> None:
    """How many objects of every node records confirm; ``owner`` is the node of each, negative for none."""
    for at in range(len(events)):
        if owner[at] >= 0 and events[at]["record"] == CONFIRMED:
            born[owner[at]] += 1


@kernel
def find(serials: Any, bounds: Any, node: int, serial: int) -> int:
    """The row of an object, ``NOBODY`` when it is not at hand."""
    for stretch in range(1, -1, -1):
        low, end = bounds[stretch, node], bounds[stretch, node + 1]
        if low < end:
            guess = low + serial - serials[low]
            if low <= guess < end and serials[guess] == serial:
                return int(guess)
            high = end
            while low < high:
                middle = (low + high) // 2
                if serials[middle] < serial:
                    low = middle + 1
                else:
                    high = middle
            if low < end and serials[low] == serial:
                return int(low)
    return NOBODY


@kernel
def begin_life(life: Any, node: int) -> None:
    """An object of which nothing but its birth is known."""
    life["node"] = node
    life["state"] = 0
    for record in range(len(RECORD_NAMES)):
        life["times"][record] = -1
    for slot in range(MOST_PARENTS):
        life["parents"][slot] = NO_ID


@kernel
def fold(
    events: Any,
    owner: Any,
    serials: Any,
    bounds: Any,
    free: Any,
    ends: Any,
    lives: Any,
    first: Any,
    last: Any,
    over: Any,
    row: Any,
) -> None:
    """Bring lives up to date with records, but for their ids and parents.

    Args:
        events: the records.
        owner: the node of each, negative for those that are passed over.
        serials: birth number by row of ``lives``, ``UNBORN`` for births, which are filled in.
        bounds: stretches of nodes among the rows.
        free: by node, the row of its next birth.
        ends: by node, bits of the records after which nothing more is written for an object.
        lives: ``STORY`` of all objects.
        first: set to the confirmation of each birth, by row.
        last: set to the latest record of each object that has one, by row.
        over: set to 1 for objects that end.
        row: set to the row of every record.
    """
    for at in range(len(events)):
        node = owner[at]
        row[at] = NOBODY
        if node >= 0:
            event = events[at]
            record = event["record"]
            if record == CONFIRMED:
                own = free[node]
                free[node] += 1
                serials[own] = event["serial"]
                first[own] = at
                begin_life(lives[own], node)
            else:
                own = find(serials, bounds, node, event["serial"])
            row[at] = own
            last[own] = at
            over[own] |= ends[node] >> record & 1
            lives[own]["times"][record] = event["at_ts"]
            if record > PARENT_ADDED:
                lives[own]["state"] = record


@kernel
def name_births(events: Any, first: Any, middle: int, lives: Any, begun: Any, works: Any, lanes: Any) -> None:
    """Give the objects from row ``middle`` on their ids: many at once, the last ones singly."""
    work = lanes[0]
    size = len(lives)
    whole = size - (size - middle) % LANES
    for start in range(middle, whole, LANES):
        for lane in range(LANES):
            own = begun[lives[start + lane]["node"]]
            end = write_text(own, work["text"][lane], events[first[start + lane]])
            set_lane(work, lane, own, end)
        finish_lanes(work)
        for lane in range(LANES):
            lives[start + lane]["id"] = lane_bits(work, lane)
    for at in range(whole, size):
        lives[at]["id"] = identifier(begun[lives[at]["node"]], works[0], events[first[at]])


@kernel
def name_parent(
    parent: Any, sources: Any, node: int, serials: Any, bounds: Any, lives: Any, begun: Any, works: Any
) -> Any:
    """The id of a parent of an object of a node: looked up where it is at hand, computed elsewhere."""
    if parent["feed"] < 0:
        return np.uint64(NO_ID)
    source = sources[node, parent["feed"]]
    at = find(serials, bounds, source, parent["serial"])
    if at == NOBODY:
        return np.uint64(identifier(begun[source], works[0], parent))
    return lives[at]["id"]


@kernel
def name_parents(
    events: Any,
    first: Any,
    middle: int,
    sources: Any,
    serials: Any,
    bounds: Any,
    lives: Any,
    begun: Any,
    works: Any,
) -> None:
    """Give the objects from row ``middle`` on the ids of the parents they were born with."""
    for at in range(middle, len(lives)):
        life = lives[at]
        parents = events[first[at]]["parent"]
        for slot in range(2):
            life["parents"][slot] = name_parent(
                parents[slot], sources, life["node"], serials, bounds, lives, begun, works
            )


@kernel
def adopt(life: Any, parent: int) -> None:
    """Append a parent's id, unless it is known or there is no room."""
    for slot in range(MOST_PARENTS):
        if life["parents"][slot] == parent:
            return
    for slot in range(MOST_PARENTS):
        if life["parents"][slot] == NO_ID:
            life["parents"][slot] = parent
            return


@kernel
def add_parents(
    events: Any, row: Any, sources: Any, serials: Any, bounds: Any, lives: Any, begun: Any, works: Any
) -> None:
    """Append the parents that ``parent_added`` records bring, which carry them as their second parent."""
    for at in range(len(events)):
        if row[at] >= 0 and events[at]["record"] == PARENT_ADDED:
            life = lives[row[at]]
            parent = events[at]["parent"][1]
            own = name_parent(parent, sources, life["node"], serials, bounds, lives, begun, works)
            if own != NO_ID:
                adopt(life, own)


@kernel
def name_records(row: Any, lives: Any, ids: Any) -> None:
    """The id of every record's object."""
    for at in range(len(row)):
        if row[at] >= 0:
            ids[at] = lives[row[at]]["id"]


@hot_kernel
def latest_of(at: int, last: Any, events: Any, carried: Any) -> Any:
    """The latest record of the object in a row: one of ``events``, or what was carried."""
    if last[at] >= 0:
        return events[last[at]]
    return carried[at]["latest"]


@kernel
def copy_story(told: Any, copied: Any) -> None:
    """Copy all but the latest record of an object."""
    copied["node"] = told["node"]
    copied["id"] = told["id"]
    copied["state"] = told["state"]
    for record in range(len(RECORD_NAMES)):
        copied["times"][record] = told["times"][record]
    for slot in range(MOST_PARENTS):
        copied["parents"][slot] = told["parents"][slot]


@kernel
def recall(carried: Any, serials: Any, lives: Any) -> None:
    """Begin ``lives`` and their birth numbers with the objects that were carried."""
    for at in range(len(carried)):
        serials[at] = carried[at]["latest"]["serial"]
        copy_story(carried[at], lives[at])


@kernel
def remember(lives: Any, last: Any, events: Any, carried: Any, rows: Any, kept: Any) -> None:
    """Copy the objects in some rows, with their latest records, to ``kept``, an array of ``LIFE``."""
    for at in range(len(rows)):
        copy_story(lives[rows[at]], kept[at])
        kept[at]["latest"] = latest_of(rows[at], last, events, carried)


@kernel
def confirmations(last: Any, events: Any, carried: Any, rows: Any, instants: Any) -> None:
    """When the objects in some rows were confirmed."""
    for at in range(len(rows)):
        instants[at] = latest_of(rows[at], last, events, carried)["confirmed_ts"]
