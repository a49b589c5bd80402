"""Every detector in one compiled call, for live use.

Written by scripts/fuse.py from the registry; not to be edited. A call of a compiled function from Python
costs more than most steps, so sixty separate calls would cost tens of microseconds a bar.
"""

from typing import Any

import numpy as np

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
from ictcli.kernels import kernel

STATE = np.dtype(
    [
        ("swing_short", swing.DETECTOR.state),
        ("swing_internal", swing.DETECTOR.state),
        ("swing_swing", swing.DETECTOR.state),
        ("alternating_swing_internal", alternating.DETECTOR.state),
        ("alternating_swing_swing", alternating.DETECTOR.state),
        ("hierarchy", hierarchy.DETECTOR.state),
        ("zigzag", zigzag.DETECTOR.state),
        ("displacement", displacement.DETECTOR.state),
        ("structure_internal", structure.DETECTOR.state),
        ("structure_swing", structure.DETECTOR.state),
        ("dealing_range_internal", dealing_range.DETECTOR.state),
        ("dealing_range_swing", dealing_range.DETECTOR.state),
        ("ote_internal", ote.DETECTOR.state),
        ("ote_swing", ote.DETECTOR.state),
        ("inducement", inducement.DETECTOR.state),
        ("fvg", fvg.DETECTOR.state),
        ("ifvg", ifvg.DETECTOR.state),
        ("bpr", bpr.DETECTOR.state),
        ("volume_imbalance", volume_imbalance.DETECTOR.state),
        ("gap", vacuum_gap.DETECTOR.state),
        ("implied_fvg", implied_fvg.DETECTOR.state),
        ("liquidity_void", liquidity_void.DETECTOR.state),
        ("opening_gap", opening_gap.DETECTOR.state),
        ("first_fvg", first_fvg.DETECTOR.state),
        ("order_block_internal", order_block.DETECTOR.state),
        ("order_block_swing", order_block.DETECTOR.state),
        ("flip_breaker_internal", flip_breaker.DETECTOR.state),
        ("flip_breaker_swing", flip_breaker.DETECTOR.state),
        ("breaker_internal", breaker.DETECTOR.state),
        ("breaker_swing", breaker.DETECTOR.state),
        ("mitigation_block_internal", mitigation_block.DETECTOR.state),
        ("mitigation_block_swing", mitigation_block.DETECTOR.state),
        ("rejection_block", rejection_block.DETECTOR.state),
        ("propulsion_block_internal", propulsion_block.DETECTOR.state),
        ("propulsion_block_swing", propulsion_block.DETECTOR.state),
        ("sweep_internal", sweep.DETECTOR.state),
        ("sweep_swing", sweep.DETECTOR.state),
        ("mss_internal", mss.DETECTOR.state),
        ("mss_swing", mss.DETECTOR.state),
        ("equal_levels_internal", equal_levels.DETECTOR.state),
        ("equal_levels_swing", equal_levels.DETECTOR.state),
        ("pool_sweep_internal", pool_sweep.DETECTOR.state),
        ("pool_sweep_swing", pool_sweep.DETECTOR.state),
        ("prev_levels", prev_levels.DETECTOR.state),
        ("level_sweep", level_sweep.DETECTOR.state),
        ("turtle_soup", turtle_soup.DETECTOR.state),
        ("ipda_20", ipda.DETECTOR.state),
        ("ipda_40", ipda.DETECTOR.state),
        ("ipda_60", ipda.DETECTOR.state),
        ("adr_5", adr.DETECTOR.state),
        ("adr_20", adr.DETECTOR.state),
        ("opening_price", opening_price.DETECTOR.state),
        ("round_number", round_number.DETECTOR.state),
        ("smt_internal", smt.DETECTOR.state),
        ("smt_swing", smt.DETECTOR.state),
        ("htf_bias_H1", htf_bias.DETECTOR.state),
        ("htf_bias_H4", htf_bias.DETECTOR.state),
        ("htf_bias_D1", htf_bias.DETECTOR.state),
        ("volatility_spike", volatility_spike.DETECTOR.state),
        ("engulfing", engulfing.DETECTOR.state),
        ("impulse", impulse.DETECTOR.state),
        ("pin_bar", pin_bar.DETECTOR.state),
        ("inside_bar", inside_bar.DETECTOR.state),
        ("nr7", nr7.DETECTOR.state),
        ("momentum_run", momentum_run.DETECTOR.state),
        ("kill_zone", kill_zone.DETECTOR.state),
        ("silver_bullet", silver_bullet.DETECTOR.state),
        ("macro", macro.DETECTOR.state),
        ("session_level", session_level.DETECTOR.state),
        ("session_sweep", session_sweep.DETECTOR.state),
        ("unicorn_internal", unicorn.DETECTOR.state),
        ("unicorn_swing", unicorn.DETECTOR.state),
        ("model2022_search", model2022_search.DETECTOR.state),
        ("model2022", model2022.DETECTOR.state),
        ("silver_bullet_setup", silver_bullet_setup.DETECTOR.state),
        ("asian_range", asian_range.DETECTOR.state),
        ("cbdr", cbdr.DETECTOR.state),
        ("flout", flout.DETECTOR.state),
        ("judas", judas.DETECTOR.state),
        ("amd", amd.DETECTOR.state),
        ("confluence", confluence.DETECTOR.state),
    ]
)
"""The states of all nodes, named ``detector`` or ``detector_layer``, in the order of the plan."""


@kernel
def steps_0(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 0 to 3."""
    ends[1] = ends[0]
    if wanted[0] == 1:
        ends[1] = swing.step(states["swing_short"], events, ends[0], bar)
    ends[2] = ends[1]
    if wanted[1] == 1:
        ends[2] = swing.step(states["swing_internal"], events, ends[1], bar)
    ends[3] = ends[2]
    if wanted[2] == 1:
        ends[3] = swing.step(states["swing_swing"], events, ends[2], bar)
    ends[4] = ends[3]
    if wanted[3] == 1:
        ends[4] = alternating.step(
            states["alternating_swing_internal"], events, ends[3], bar, events, ends[1], ends[2]
        )


@kernel
def steps_1(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 4 to 7."""
    ends[5] = ends[4]
    if wanted[4] == 1:
        ends[5] = alternating.step(
            states["alternating_swing_swing"], events, ends[4], bar, events, ends[2], ends[3]
        )
    ends[6] = ends[5]
    if wanted[5] == 1:
        ends[6] = hierarchy.step(states["hierarchy"], events, ends[5], bar, events, ends[0], ends[1])
    ends[7] = ends[6]
    if wanted[6] == 1:
        ends[7] = zigzag.step(states["zigzag"], events, ends[6], bar)
    ends[8] = ends[7]
    if wanted[7] == 1:
        ends[8] = displacement.step(states["displacement"], events, ends[7], bar)


@kernel
def steps_2(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 8 to 11."""
    ends[9] = ends[8]
    if wanted[8] == 1:
        ends[9] = structure.step(states["structure_internal"], events, ends[8], bar, events, ends[1], ends[2])
    ends[10] = ends[9]
    if wanted[9] == 1:
        ends[10] = structure.step(states["structure_swing"], events, ends[9], bar, events, ends[2], ends[3])
    ends[11] = ends[10]
    if wanted[10] == 1:
        ends[11] = dealing_range.step(
            states["dealing_range_internal"],
            events,
            ends[10],
            bar,
            events,
            ends[8],
            ends[9],
            events,
            ends[3],
            ends[4],
        )
    ends[12] = ends[11]
    if wanted[11] == 1:
        ends[12] = dealing_range.step(
            states["dealing_range_swing"],
            events,
            ends[11],
            bar,
            events,
            ends[9],
            ends[10],
            events,
            ends[4],
            ends[5],
        )


@kernel
def steps_3(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 12 to 15."""
    ends[13] = ends[12]
    if wanted[12] == 1:
        ends[13] = ote.step(states["ote_internal"], events, ends[12], bar, events, ends[8], ends[9])
    ends[14] = ends[13]
    if wanted[13] == 1:
        ends[14] = ote.step(states["ote_swing"], events, ends[13], bar, events, ends[9], ends[10])
    ends[15] = ends[14]
    if wanted[14] == 1:
        ends[15] = inducement.step(
            states["inducement"], events, ends[14], bar, events, ends[1], ends[2], events, ends[9], ends[10]
        )
    ends[16] = ends[15]
    if wanted[15] == 1:
        ends[16] = fvg.step(states["fvg"], events, ends[15], bar)


@kernel
def steps_4(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 16 to 19."""
    ends[17] = ends[16]
    if wanted[16] == 1:
        ends[17] = ifvg.step(states["ifvg"], events, ends[16], bar, events, ends[15], ends[16])
    ends[18] = ends[17]
    if wanted[17] == 1:
        ends[18] = bpr.step(states["bpr"], events, ends[17], bar, events, ends[15], ends[16])
    ends[19] = ends[18]
    if wanted[18] == 1:
        ends[19] = volume_imbalance.step(states["volume_imbalance"], events, ends[18], bar)
    ends[20] = ends[19]
    if wanted[19] == 1:
        ends[20] = vacuum_gap.step(states["gap"], events, ends[19], bar)


@kernel
def steps_5(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 20 to 23."""
    ends[21] = ends[20]
    if wanted[20] == 1:
        ends[21] = implied_fvg.step(states["implied_fvg"], events, ends[20], bar)
    ends[22] = ends[21]
    if wanted[21] == 1:
        ends[22] = liquidity_void.step(
            states["liquidity_void"], events, ends[21], bar, events, ends[15], ends[16]
        )
    ends[23] = ends[22]
    if wanted[22] == 1:
        ends[23] = opening_gap.step(states["opening_gap"], events, ends[22], bar)
    ends[24] = ends[23]
    if wanted[23] == 1:
        ends[24] = first_fvg.step(states["first_fvg"], events, ends[23], bar, events, ends[15], ends[16])


@kernel
def steps_6(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 24 to 27."""
    ends[25] = ends[24]
    if wanted[24] == 1:
        ends[25] = order_block.step(
            states["order_block_internal"],
            events,
            ends[24],
            bar,
            events,
            ends[8],
            ends[9],
            events,
            ends[7],
            ends[8],
            events,
            ends[1],
            ends[2],
            events,
            ends[14],
            ends[15],
        )
    ends[26] = ends[25]
    if wanted[25] == 1:
        ends[26] = order_block.step(
            states["order_block_swing"],
            events,
            ends[25],
            bar,
            events,
            ends[9],
            ends[10],
            events,
            ends[7],
            ends[8],
            events,
            ends[2],
            ends[3],
            events,
            ends[14],
            ends[15],
        )
    ends[27] = ends[26]
    if wanted[26] == 1:
        ends[27] = flip_breaker.step(
            states["flip_breaker_internal"], events, ends[26], bar, events, ends[24], ends[25]
        )
    ends[28] = ends[27]
    if wanted[27] == 1:
        ends[28] = flip_breaker.step(
            states["flip_breaker_swing"], events, ends[27], bar, events, ends[25], ends[26]
        )


@kernel
def steps_7(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 28 to 31."""
    ends[29] = ends[28]
    if wanted[28] == 1:
        ends[29] = breaker.step(
            states["breaker_internal"],
            events,
            ends[28],
            bar,
            events,
            ends[8],
            ends[9],
            events,
            ends[1],
            ends[2],
        )
    ends[30] = ends[29]
    if wanted[29] == 1:
        ends[30] = breaker.step(
            states["breaker_swing"],
            events,
            ends[29],
            bar,
            events,
            ends[9],
            ends[10],
            events,
            ends[2],
            ends[3],
        )
    ends[31] = ends[30]
    if wanted[30] == 1:
        ends[31] = mitigation_block.step(
            states["mitigation_block_internal"],
            events,
            ends[30],
            bar,
            events,
            ends[8],
            ends[9],
            events,
            ends[1],
            ends[2],
        )
    ends[32] = ends[31]
    if wanted[31] == 1:
        ends[32] = mitigation_block.step(
            states["mitigation_block_swing"],
            events,
            ends[31],
            bar,
            events,
            ends[9],
            ends[10],
            events,
            ends[2],
            ends[3],
        )


@kernel
def steps_8(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 32 to 35."""
    ends[33] = ends[32]
    if wanted[32] == 1:
        ends[33] = rejection_block.step(
            states["rejection_block"], events, ends[32], bar, events, ends[1], ends[2]
        )
    ends[34] = ends[33]
    if wanted[33] == 1:
        ends[34] = propulsion_block.step(
            states["propulsion_block_internal"], events, ends[33], bar, events, ends[24], ends[25]
        )
    ends[35] = ends[34]
    if wanted[34] == 1:
        ends[35] = propulsion_block.step(
            states["propulsion_block_swing"], events, ends[34], bar, events, ends[25], ends[26]
        )
    ends[36] = ends[35]
    if wanted[35] == 1:
        ends[36] = sweep.step(states["sweep_internal"], events, ends[35], bar, events, ends[1], ends[2])


@kernel
def steps_9(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 36 to 39."""
    ends[37] = ends[36]
    if wanted[36] == 1:
        ends[37] = sweep.step(states["sweep_swing"], events, ends[36], bar, events, ends[2], ends[3])
    ends[38] = ends[37]
    if wanted[37] == 1:
        ends[38] = mss.step(
            states["mss_internal"],
            events,
            ends[37],
            bar,
            events,
            ends[8],
            ends[9],
            events,
            ends[15],
            ends[16],
            events,
            ends[35],
            ends[36],
        )
    ends[39] = ends[38]
    if wanted[38] == 1:
        ends[39] = mss.step(
            states["mss_swing"],
            events,
            ends[38],
            bar,
            events,
            ends[9],
            ends[10],
            events,
            ends[15],
            ends[16],
            events,
            ends[36],
            ends[37],
        )
    ends[40] = ends[39]
    if wanted[39] == 1:
        ends[40] = equal_levels.step(
            states["equal_levels_internal"], events, ends[39], bar, events, ends[1], ends[2]
        )


@kernel
def steps_10(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 40 to 43."""
    ends[41] = ends[40]
    if wanted[40] == 1:
        ends[41] = equal_levels.step(
            states["equal_levels_swing"], events, ends[40], bar, events, ends[2], ends[3]
        )
    ends[42] = ends[41]
    if wanted[41] == 1:
        ends[42] = pool_sweep.step(
            states["pool_sweep_internal"], events, ends[41], bar, events, ends[39], ends[40]
        )
    ends[43] = ends[42]
    if wanted[42] == 1:
        ends[43] = pool_sweep.step(
            states["pool_sweep_swing"], events, ends[42], bar, events, ends[40], ends[41]
        )
    ends[44] = ends[43]
    if wanted[43] == 1:
        ends[44] = prev_levels.step(states["prev_levels"], events, ends[43], bar)


@kernel
def steps_11(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 44 to 47."""
    ends[45] = ends[44]
    if wanted[44] == 1:
        ends[45] = level_sweep.step(states["level_sweep"], events, ends[44], bar, events, ends[43], ends[44])
    ends[46] = ends[45]
    if wanted[45] == 1:
        ends[46] = turtle_soup.step(states["turtle_soup"], events, ends[45], bar)
    ends[47] = ends[46]
    if wanted[46] == 1:
        ends[47] = ipda.step(states["ipda_20"], events, ends[46], bar, events, ends[43], ends[44])
    ends[48] = ends[47]
    if wanted[47] == 1:
        ends[48] = ipda.step(states["ipda_40"], events, ends[47], bar, events, ends[43], ends[44])


@kernel
def steps_12(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 48 to 51."""
    ends[49] = ends[48]
    if wanted[48] == 1:
        ends[49] = ipda.step(states["ipda_60"], events, ends[48], bar, events, ends[43], ends[44])
    ends[50] = ends[49]
    if wanted[49] == 1:
        ends[50] = adr.step(states["adr_5"], events, ends[49], bar, events, ends[43], ends[44])
    ends[51] = ends[50]
    if wanted[50] == 1:
        ends[51] = adr.step(states["adr_20"], events, ends[50], bar, events, ends[43], ends[44])
    ends[52] = ends[51]
    if wanted[51] == 1:
        ends[52] = opening_price.step(states["opening_price"], events, ends[51], bar)


@kernel
def steps_13(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 52 to 55."""
    ends[53] = ends[52]
    if wanted[52] == 1:
        ends[53] = round_number.step(states["round_number"], events, ends[52], bar)
    ends[54] = ends[53]
    if wanted[53] == 1:
        ends[54] = smt.step(states["smt_internal"], events, ends[53], bar)
    ends[55] = ends[54]
    if wanted[54] == 1:
        ends[55] = smt.step(states["smt_swing"], events, ends[54], bar)
    ends[56] = ends[55]
    if wanted[55] == 1:
        ends[56] = htf_bias.step(states["htf_bias_H1"], events, ends[55], bar)


@kernel
def steps_14(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 56 to 59."""
    ends[57] = ends[56]
    if wanted[56] == 1:
        ends[57] = htf_bias.step(states["htf_bias_H4"], events, ends[56], bar)
    ends[58] = ends[57]
    if wanted[57] == 1:
        ends[58] = htf_bias.step(states["htf_bias_D1"], events, ends[57], bar)
    ends[59] = ends[58]
    if wanted[58] == 1:
        ends[59] = volatility_spike.step(states["volatility_spike"], events, ends[58], bar)
    ends[60] = ends[59]
    if wanted[59] == 1:
        ends[60] = engulfing.step(states["engulfing"], events, ends[59], bar)


@kernel
def steps_15(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 60 to 63."""
    ends[61] = ends[60]
    if wanted[60] == 1:
        ends[61] = impulse.step(states["impulse"], events, ends[60], bar)
    ends[62] = ends[61]
    if wanted[61] == 1:
        ends[62] = pin_bar.step(states["pin_bar"], events, ends[61], bar)
    ends[63] = ends[62]
    if wanted[62] == 1:
        ends[63] = inside_bar.step(states["inside_bar"], events, ends[62], bar)
    ends[64] = ends[63]
    if wanted[63] == 1:
        ends[64] = nr7.step(states["nr7"], events, ends[63], bar)


@kernel
def steps_16(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 64 to 67."""
    ends[65] = ends[64]
    if wanted[64] == 1:
        ends[65] = momentum_run.step(states["momentum_run"], events, ends[64], bar)
    ends[66] = ends[65]
    if wanted[65] == 1:
        ends[66] = kill_zone.step(states["kill_zone"], events, ends[65], bar)
    ends[67] = ends[66]
    if wanted[66] == 1:
        ends[67] = silver_bullet.step(states["silver_bullet"], events, ends[66], bar)
    ends[68] = ends[67]
    if wanted[67] == 1:
        ends[68] = macro.step(states["macro"], events, ends[67], bar)


@kernel
def steps_17(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 68 to 71."""
    ends[69] = ends[68]
    if wanted[68] == 1:
        ends[69] = session_level.step(
            states["session_level"], events, ends[68], bar, events, ends[65], ends[66]
        )
    ends[70] = ends[69]
    if wanted[69] == 1:
        ends[70] = session_sweep.step(
            states["session_sweep"], events, ends[69], bar, events, ends[68], ends[69]
        )
    ends[71] = ends[70]
    if wanted[70] == 1:
        ends[71] = unicorn.step(
            states["unicorn_internal"],
            events,
            ends[70],
            bar,
            events,
            ends[28],
            ends[29],
            events,
            ends[15],
            ends[16],
        )
    ends[72] = ends[71]
    if wanted[71] == 1:
        ends[72] = unicorn.step(
            states["unicorn_swing"],
            events,
            ends[71],
            bar,
            events,
            ends[29],
            ends[30],
            events,
            ends[15],
            ends[16],
        )


@kernel
def steps_18(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 72 to 75."""
    ends[73] = ends[72]
    if wanted[72] == 1:
        ends[73] = model2022_search.step(
            states["model2022_search"],
            events,
            ends[72],
            bar,
            events,
            ends[35],
            ends[36],
            events,
            ends[8],
            ends[9],
            events,
            ends[15],
            ends[16],
            events,
            ends[1],
            ends[2],
        )
    ends[74] = ends[73]
    if wanted[73] == 1:
        ends[74] = model2022.step(states["model2022"], events, ends[73], bar, events, ends[72], ends[73])
    ends[75] = ends[74]
    if wanted[74] == 1:
        ends[75] = silver_bullet_setup.step(
            states["silver_bullet_setup"],
            events,
            ends[74],
            bar,
            events,
            ends[66],
            ends[67],
            events,
            ends[15],
            ends[16],
            events,
            ends[43],
            ends[44],
            events,
            ends[68],
            ends[69],
            events,
            ends[39],
            ends[40],
            events,
            ends[22],
            ends[23],
            events,
            ends[49],
            ends[50],
            events,
            ends[37],
            ends[38],
        )
    ends[76] = ends[75]
    if wanted[75] == 1:
        ends[76] = asian_range.step(states["asian_range"], events, ends[75], bar)


@kernel
def steps_19(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 76 to 79."""
    ends[77] = ends[76]
    if wanted[76] == 1:
        ends[77] = cbdr.step(states["cbdr"], events, ends[76], bar)
    ends[78] = ends[77]
    if wanted[77] == 1:
        ends[78] = flout.step(states["flout"], events, ends[77], bar)
    ends[79] = ends[78]
    if wanted[78] == 1:
        ends[79] = judas.step(
            states["judas"], events, ends[78], bar, events, ends[75], ends[76], events, ends[8], ends[9]
        )
    ends[80] = ends[79]
    if wanted[79] == 1:
        ends[80] = amd.step(
            states["amd"], events, ends[79], bar, events, ends[75], ends[76], events, ends[8], ends[9]
        )


@kernel
def steps_20(states: Any, wanted: Any, events: Any, ends: Any, bar: Any) -> None:
    """Nodes 80 to 80."""
    ends[81] = ends[80]
    if wanted[80] == 1:
        ends[81] = confluence.step(
            states["confluence"],
            events,
            ends[80],
            bar,
            events,
            ends[56],
            ends[57],
            events,
            ends[35],
            ends[36],
            events,
            ends[37],
            ends[38],
            events,
            ends[15],
            ends[16],
            events,
            ends[24],
            ends[25],
            events,
            ends[28],
            ends[29],
            events,
            ends[10],
            ends[11],
            events,
            ends[12],
            ends[13],
            events,
            ends[65],
            ends[66],
            events,
            ends[1],
            ends[2],
            events,
            ends[53],
            ends[54],
        )


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
    steps_0(states, wanted, events, ends, bar)
    steps_1(states, wanted, events, ends, bar)
    steps_2(states, wanted, events, ends, bar)
    steps_3(states, wanted, events, ends, bar)
    steps_4(states, wanted, events, ends, bar)
    steps_5(states, wanted, events, ends, bar)
    steps_6(states, wanted, events, ends, bar)
    steps_7(states, wanted, events, ends, bar)
    steps_8(states, wanted, events, ends, bar)
    steps_9(states, wanted, events, ends, bar)
    steps_10(states, wanted, events, ends, bar)
    steps_11(states, wanted, events, ends, bar)
    steps_12(states, wanted, events, ends, bar)
    steps_13(states, wanted, events, ends, bar)
    steps_14(states, wanted, events, ends, bar)
    steps_15(states, wanted, events, ends, bar)
    steps_16(states, wanted, events, ends, bar)
    steps_17(states, wanted, events, ends, bar)
    steps_18(states, wanted, events, ends, bar)
    steps_19(states, wanted, events, ends, bar)
    steps_20(states, wanted, events, ends, bar)
    return int(ends[81])
