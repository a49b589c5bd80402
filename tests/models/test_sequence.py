import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.errors import ConfigError, DataError
from ictcli.learning.estimators.lstm_export import export
from ictcli.models.member import Member
from ictcli.models.members import load_member
from ictcli.models.sequence import (
    DECIDE_FILE,
    PREFIX_FILE,
    SHAPE_FILE,
    SequenceMember,
    SequenceShape,
    load_sequence,
)
from tests.models.made_sequence import SHAPE, made_files, made_weights

Floats = NDArray[np.float64]

FILES = made_files()
ROWS = np.random.default_rng(3).normal(size=(60, SHAPE.columns))
SIDES = np.random.default_rng(4).choice([-1.0, 1.0], (60, 1))
ALL = np.arange(60)


@pytest.fixture
def member() -> SequenceMember:
    return load_sequence(FILES)


def by_the_book(
    given: Mapping[str, NDArray[np.float32]], window: Floats, extra: Floats
) -> tuple[float, Floats]:
    """P(label = 1) and attention in double precision, keys and values of all rows worked out."""
    weights = {name: array.astype(np.float64) for name, array in given.items()}
    h, c, every = np.zeros(SHAPE.units), np.zeros(SHAPE.units), []
    for row in window:
        gates = weights["input"] @ row + weights["recurrent"] @ h
        gates += weights["input_bias"] + weights["recurrent_bias"]
        into, forget, cell, out = np.split(gates, 4)
        c = sigmoid(forget) * c + sigmoid(into) * np.tanh(cell)
        h = sigmoid(out) * np.tanh(c)
        every.append(h)
    hidden = np.array(every)
    asked = weights["query"] @ h + weights["query_bias"]
    keys, values = hidden @ weights["key"].T, hidden @ weights["value"].T
    seen, found = [], []
    for head in np.split(np.arange(SHAPE.units), SHAPE.heads):
        scores = keys[:, head] @ asked[head] / math.sqrt(len(head))
        seen.append(np.exp(scores) / np.exp(scores).sum())
        found.append(seen[-1] @ values[:, head])
    summed = weights["joined"] @ np.concatenate(found) + weights["joined_bias"] + h
    layer = np.maximum(weights["head"] @ np.concatenate([summed, extra]) + weights["head_bias"], 0)
    odds = weights["logit"] @ layer + weights["logit_bias"]
    return float(sigmoid(odds)[0]), np.array(seen)


def sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)))


def test_it_serves_like_any_member(member: SequenceMember) -> None:
    served: Member = member
    assert served.name == "lstm"
    assert member.width == SHAPE.columns + SHAPE.extra
    loaded = load_member("lstm", FILES, member.width)
    assert np.array_equal(
        loaded.probabilities(ROWS, ALL[30:], SIDES[30:]), member.probabilities(ROWS, ALL[30:], SIDES[30:])
    )


def test_the_two_graphs_compute_the_network_as_it_is_defined(member: SequenceMember) -> None:
    found = member.probabilities(ROWS, ALL, SIDES)
    seen = member.attentions(ROWS, ALL)
    for row in range(19, 60):
        chance, attention = by_the_book(made_weights(), ROWS[row - 19 : row + 1], SIDES[row])
        assert found[row] == pytest.approx(chance, abs=1e-6)
        assert np.allclose(seen[row], attention, atol=1e-6)
    assert np.ptp(found[19:]) > 0.01


@pytest.mark.parametrize("settles", [True, False])
def test_bar_by_bar_gives_the_bits_of_the_table_whether_it_settles_or_not(
    member: SequenceMember, *, settles: bool
) -> None:
    found, seen = [], []
    for row, extra in zip(ROWS, SIDES, strict=True):
        member.push(row)
        found.append(member.probability(extra))
        seen.append(member.attention())
        if settles:
            member.settle()
    assert np.array_equal(found, member.probabilities(ROWS, ALL, SIDES), equal_nan=True)
    assert np.array_equal(seen, member.attentions(ROWS, ALL), equal_nan=True)


def test_at_full_size_bar_by_bar_gives_the_bits_of_the_table() -> None:
    shape = SequenceShape(columns=26, extra=0, units=200, heads=4, steps=20)
    member, rows, none = (
        load_sequence(made_files(shape)),
        np.random.default_rng(5).normal(size=(150, 26)),
        np.zeros(0),
    )
    found = []
    for row in rows:
        member.push(row)
        found.append(member.probability(none))
    events = np.random.default_rng(6).permutation(150)
    table = member.probabilities(rows, events, np.zeros((150, 0)))
    assert np.array_equal(np.array(found)[events], table, equal_nan=True)


def test_19_steps_and_one_are_20_steps() -> None:
    longer = msgspec.structs.replace(SHAPE, steps=SHAPE.steps + 1)
    twenty = session(made_files(longer)[PREFIX_FILE])
    nineteen = session(FILES[PREFIX_FILE])
    graph = onnx.load_from_string(FILES[DECIDE_FILE])
    graph.graph.output.append(
        onnx.helper.make_tensor_value_info("last", onnx.TensorProto.FLOAT, (1, SHAPE.units))
    )
    one = session(graph.SerializeToString())
    for at in range(30):
        window = ROWS[at : at + 20, None].astype(np.float32)
        hidden, h, c = nineteen.run(None, {"window": window[:-1]})
        given = {"row": window[-1:], "hidden": hidden, "h": h, "c": c, "extra": np.ones((1, 1), np.float32)}
        (last,) = one.run(["last"], given)
        whole, _, _ = twenty.run(None, {"window": window})
        assert np.allclose(np.vstack([hidden, last]), whole, rtol=0, atol=1e-6)


def session(data: bytes) -> Any:
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])


@settings(max_examples=20, deadline=None)
@given(calls=st.lists(st.sampled_from(["settle", "decide", "table"]), max_size=40), seed=st.integers(0, 9))
def test_no_order_of_calls_changes_a_number(calls: list[str], seed: int) -> None:
    member = load_sequence(FILES)
    table = load_sequence(FILES).probabilities(ROWS, ALL, SIDES)
    picks = np.random.default_rng(seed)
    for row in range(30):
        member.push(ROWS[row])
        for call in calls[row : row + 3]:
            if call == "settle":
                member.settle()
            elif call == "table":
                member.probabilities(ROWS, picks.integers(0, 60, 3), SIDES[:3])
            else:
                assert np.array_equal(member.probability(SIDES[row]), table[row], equal_nan=True)
        assert np.array_equal(member.probability(SIDES[row]), table[row], equal_nan=True)


def test_before_bar_20_there_is_no_answer(member: SequenceMember) -> None:
    assert math.isnan(member.probability(SIDES[0]))
    for row in range(19):
        member.push(ROWS[row])
        assert math.isnan(member.probability(SIDES[row]))
        assert np.isnan(member.attention()).all()
    member.push(ROWS[19])
    assert 0 < member.probability(SIDES[19]) < 1
    assert np.isnan(member.probabilities(ROWS, ALL, SIDES)).tolist() == [True] * 19 + [False] * 41
    assert np.isnan(member.attentions(ROWS, ALL[:19])).all()


def test_only_the_20_rows_of_the_window_count(member: SequenceMember) -> None:
    changed = ROWS.copy()
    changed[:20] = 7.0
    changed[40:] = -7.0
    assert member.probabilities(changed, ALL[39:40], SIDES[:1]) == member.probabilities(
        ROWS, ALL[39:40], SIDES[:1]
    )
    changed[20] = 7.0
    assert member.probabilities(changed, ALL[39:40], SIDES[:1]) != member.probabilities(
        ROWS, ALL[39:40], SIDES[:1]
    )


def test_the_attention_weights_of_a_head_add_up_to_one_and_do_not_ask_for_the_side(
    member: SequenceMember,
) -> None:
    for row in ROWS[:25]:
        member.push(row)
    member.probability(np.array([1.0]))
    long = member.attention()
    member.probability(np.array([-1.0]))
    assert np.array_equal(member.attention(), long)
    assert long.shape == (SHAPE.heads, SHAPE.steps)
    assert np.allclose(long.sum(axis=1), 1.0, atol=1e-6)


def test_a_row_may_be_written_over_after_it_was_pushed(member: SequenceMember) -> None:
    row = np.empty(SHAPE.columns)
    for at in range(25):
        row[:] = ROWS[at]
        member.push(row)
        row[:] = np.nan
    assert member.probability(SIDES[24]) == member.probabilities(ROWS, ALL[24:25], SIDES[24:25])[0]


def test_events_without_inputs_of_their_own_are_served_too() -> None:
    shape = SequenceShape(columns=3, extra=0, units=4, heads=2, steps=2)
    member = load_sequence(made_files(shape))
    none = np.zeros((60, 0))
    found = member.probabilities(ROWS, ALL, none)
    assert math.isnan(found[0])
    for row in ROWS:
        member.push(row)
    assert member.probability(none[0]) == found[-1]


def test_certain_answers_do_not_overflow() -> None:
    weights = made_weights()
    for bias, wanted in ((1e6, 1.0), (-1e6, 0.0)):
        weights["logit_bias"] = np.array([bias], np.float32)
        member = load_sequence(export(SHAPE, weights))
        assert member.probabilities(ROWS, ALL[30:31], SIDES[:1]).tolist() == [wanted]


def test_no_events_give_no_numbers(member: SequenceMember) -> None:
    assert member.probabilities(ROWS, ALL[:0], SIDES[:0]).shape == (0,)
    assert member.attentions(ROWS, ALL[:0]).shape == (0, SHAPE.heads, SHAPE.steps)


def test_the_same_weights_give_the_same_bytes() -> None:
    assert made_files() == FILES
    assert sorted(FILES) == [SHAPE_FILE, DECIDE_FILE, PREFIX_FILE]


def test_other_columns_than_those_of_the_training_are_refused(member: SequenceMember) -> None:
    says = "the lstm takes 3 columns and 1 of the event, not "
    with pytest.raises(DataError, match=f"{says}2 and 1"):
        member.probabilities(ROWS[:, :2], ALL, SIDES)
    with pytest.raises(DataError, match=f"{says}3 and 0"):
        member.probabilities(ROWS, ALL, SIDES[:, :0])
    with pytest.raises(DataError, match=f"{says}1 and 1"):
        member.push(ROWS[0, :1])
    for row in ROWS:
        member.push(row)
    with pytest.raises(DataError, match=f"{says}3 and 2"):
        member.probability(np.ones(2))
    with pytest.raises(DataError, match="outside the 60 rows"):
        member.probabilities(ROWS, np.array([60]), SIDES[:1])


@pytest.mark.parametrize("name", [SHAPE_FILE, PREFIX_FILE, DECIDE_FILE])
def test_a_missing_or_damaged_file_is_named(name: str) -> None:
    rest = {one: data for one, data in FILES.items() if one != name}
    with pytest.raises(DataError, match=f"lacks {name}"):
        load_sequence(rest)
    with pytest.raises(DataError, match=f"{name} is damaged"):
        load_sequence({**rest, name: FILES[name][: len(FILES[name]) // 2]})
    with pytest.raises(DataError, match=f"{name} is damaged"):
        load_sequence({**rest, name: b""})


def test_files_of_two_networks_do_not_go_together() -> None:
    other = made_files(SequenceShape(columns=3, extra=1, units=12, heads=4, steps=20))
    for name in (PREFIX_FILE, DECIDE_FILE):
        with pytest.raises(DataError, match=f"{name} does not fit {SHAPE_FILE}"):
            load_sequence({**FILES, name: other[name]})


def test_sizes_that_cannot_be_are_damage() -> None:
    shape = b'{"columns": 3, "extra": 1, "units": 9, "heads": 4, "steps": 20}'
    with pytest.raises(DataError, match="units must be a multiple of heads"):
        load_sequence({**FILES, SHAPE_FILE: shape})
    with pytest.raises(DataError, match="too small"):
        load_sequence({**FILES, SHAPE_FILE: shape.replace(b"20", b"1")})


def test_without_the_runtime_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match="needs ONNX Runtime") as caught:
        load_sequence(FILES)
    assert caught.value.hint == 'Run `pip install "ictcli[lstm]"`.'


def test_without_the_onnx_package_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ConfigError, match="needs the onnx package") as caught:
        made_files()
    assert caught.value.hint == 'Run `pip install "ictcli[lstm]"`.'


def test_serving_imports_neither_torch_nor_onnx(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from ictcli.models.sequence import load_sequence\n"
        "load_sequence({one.name: one.read_bytes() for one in Path(sys.argv[1]).iterdir()})\n"
        "print(sorted({'torch', 'onnx', 'sklearn', 'lightgbm'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout == "[]\n"
