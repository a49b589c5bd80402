"""Features that listen to detectors.

Written by scripts/fuse_features.py from the registry; not to be edited. A call of a compiled function from
Python costs more than most steps.
"""

from typing import Any

import numpy as np

from ictcli.features.ict import (
    asia,
    bias,
    blocks,
    breaks,
    daily,
    dealing,
    displacements,
    gaps,
    inside,
    ipda,
    liquidity,
    opens,
    sweeps,
    trend,
)
from ictcli.kernels import kernel

STATE = np.dtype(
    [
        ("places", np.int64, 14),
        ("ict_trend", trend.STATE),
        ("ict_breaks", breaks.STATE),
        ("ict_dealing", dealing.STATE),
        ("ict_gaps", gaps.STATE),
        ("ict_blocks", blocks.STATE),
        ("ict_inside", inside.STATE),
        ("ict_liquidity", liquidity.STATE),
        ("ict_sweeps", sweeps.STATE),
        ("ict_ipda", ipda.STATE),
        ("ict_daily", daily.STATE),
        ("ict_opens", opens.STATE),
        ("ict_asia", asia.STATE),
        ("ict_displacements", displacements.STATE),
        ("ict_bias", bias.STATE),
    ]
)
"""Their states. ``places`` tells the first column of each in the row, -1 for none."""


@kernel
def steps_0(states: Any, row: Any, facts: Any, events: Any, ends: Any) -> None:
    """Features 0 to 4."""
    places = states["places"]
    if places[0] >= 0:
        trend.step(
            states["ict_trend"], row, places[0], facts, events, ends[8], ends[9], events, ends[9], ends[10]
        )
    if places[1] >= 0:
        breaks.step(states["ict_breaks"], row, places[1], facts, events, ends[8], ends[9])
    if places[2] >= 0:
        dealing.step(
            states["ict_dealing"],
            row,
            places[2],
            facts,
            events,
            ends[10],
            ends[11],
            events,
            ends[12],
            ends[13],
        )
    if places[3] >= 0:
        gaps.step(states["ict_gaps"], row, places[3], facts, events, ends[15], ends[16])
    if places[4] >= 0:
        blocks.step(states["ict_blocks"], row, places[4], facts, events, ends[24], ends[25])


@kernel
def steps_1(states: Any, row: Any, facts: Any, events: Any, ends: Any) -> None:
    """Features 5 to 9."""
    places = states["places"]
    if places[5] >= 0:
        inside.step(
            states["ict_inside"],
            row,
            places[5],
            facts,
            events,
            ends[16],
            ends[17],
            events,
            ends[17],
            ends[18],
            events,
            ends[28],
            ends[29],
        )
    if places[6] >= 0:
        liquidity.step(
            states["ict_liquidity"],
            row,
            places[6],
            facts,
            events,
            ends[1],
            ends[2],
            events,
            ends[43],
            ends[44],
        )
    if places[7] >= 0:
        sweeps.step(states["ict_sweeps"], row, places[7], facts, events, ends[35], ends[36])
    if places[8] >= 0:
        ipda.step(
            states["ict_ipda"], row, places[8], facts, events, ends[46], ends[47], events, ends[48], ends[49]
        )
    if places[9] >= 0:
        daily.step(
            states["ict_daily"], row, places[9], facts, events, ends[43], ends[44], events, ends[49], ends[50]
        )


@kernel
def steps_2(states: Any, row: Any, facts: Any, events: Any, ends: Any) -> None:
    """Features 10 to 13."""
    places = states["places"]
    if places[10] >= 0:
        opens.step(
            states["ict_opens"],
            row,
            places[10],
            facts,
            events,
            ends[51],
            ends[52],
            events,
            ends[49],
            ends[50],
        )
    if places[11] >= 0:
        asia.step(
            states["ict_asia"], row, places[11], facts, events, ends[75], ends[76], events, ends[49], ends[50]
        )
    if places[12] >= 0:
        displacements.step(states["ict_displacements"], row, places[12], facts, events, ends[7], ends[8])
    if places[13] >= 0:
        bias.step(
            states["ict_bias"],
            row,
            places[13],
            facts,
            events,
            ends[55],
            ends[56],
            events,
            ends[56],
            ends[57],
            events,
            ends[57],
            ends[58],
        )


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
    steps_0(states, row, own, events, ends)
    steps_1(states, row, own, events, ends)
    steps_2(states, row, own, events, ends)
