"""What people see of detections."""

from ictcli.commands.detect_text import by_detector, left_out_text, summary_rows
from ictcli.detectors.plan import NEEDS_PAIR


def test_a_kind_has_one_row_and_only_what_has_not_ended_is_alive() -> None:
    counts = [
        {"kind": "fvg", "dir": "bear", "state": "tapped", "count": 4},
        {"kind": "fvg", "dir": "bull", "state": "active", "count": 3},
        {"kind": "fvg", "dir": "bull", "state": "evicted", "count": 10},
        {"kind": "fvg", "dir": "bull", "state": "filled", "count": 20},
        {"kind": "fvg", "dir": "bull", "state": "invalidated", "count": 100},
    ]
    assert summary_rows(counts) == [["fvg", 137, 133, 4, 27, 23, 4]]


def test_points_do_not_live_and_absent_directions_stay_empty() -> None:
    counts = [
        {"kind": "engulfing", "dir": "bull", "state": "point", "count": 7},
        {"kind": "kill_zone", "dir": "none", "state": "closed", "count": 5},
        {"kind": "kill_zone", "dir": "none", "state": "active", "count": 1},
    ]
    assert summary_rows(counts) == [
        ["engulfing", 7, 7, None, None, None, None],
        ["kill_zone", 6, None, None, 1, None, None],
    ]


def test_a_detector_is_named_once_unless_another_layer_of_it_works() -> None:
    refused = {"smt.internal": NEEDS_PAIR, "smt.swing": NEEDS_PAIR, "htf_bias.H1": "too long"}
    assert by_detector(refused, ["htf_bias", "fvg"]) == {"smt": NEEDS_PAIR, "htf_bias.H1": "too long"}


def test_one_line_says_what_is_missing_for_whom() -> None:
    windows = {"kill_zone": "every window ...", "macro": "every window ...", "smt": NEEDS_PAIR}
    expected = "left out on D1: kill_zone, macro (need shorter bars); smt (needs --with)"
    assert left_out_text("D1", windows) == expected
    assert left_out_text("M1", {"smt": NEEDS_PAIR}) == "left out on M1: smt (needs --with)"
    assert left_out_text("H1", {"macro": "x"}) == "left out on H1: macro (need shorter bars)"
