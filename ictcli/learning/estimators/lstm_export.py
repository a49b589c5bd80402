"""Writes a trained LSTM with attention as the two ONNX graphs that are served.

The graphs are put together node by node from arrays: nothing but the weights and the shape decides their
bytes, and no exporter of a training library is needed. What they compute is told in
``ictcli.models.sequence``; here is how. The attention has one query, the last hidden row. With
``q_h = Wq_h·last`` of head ``h`` its scores are ``(q_h·Wk_h)·row`` and its answer is
``Wv_h·(sum of weight x row)``: the same numbers as projecting all rows to keys and values first, for a
twentieth of the work. A bias of the keys would shift all scores of a head alike and vanish in the softmax,
one of the values would reach the answer whole as that of the joining layer does; so there is neither. From
the weighted sums to the next layer everything is linear: values, joining and that layer are multiplied out
once, here, in double precision.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.errors import ConfigError
from ictcli.models.sequence import DECIDE_FILE, HINT, PREFIX_FILE, SHAPE_FILE, SequenceShape

Singles = NDArray[np.float32]
Node = tuple[str, list[str], list[str], Mapping[str, Any]]
"""Operator, inputs, outputs and attributes."""

_OPSET = 17
_IR_VERSION = 9
"""Of the format: fixed so that the bytes do not follow the installed package and old runtimes read it."""


def weight_shapes(shape: SequenceShape, width: int) -> dict[str, tuple[int, ...]]:
    """Name = shape of every array that ``export`` needs.

    Args:
        shape: of the network.
        width: units of the layer between attention and log-odds.
    """
    units = shape.units
    square = (units, units)
    return {
        "input": (4 * units, shape.columns),
        "recurrent": (4 * units, units),
        "input_bias": (4 * units,),
        "recurrent_bias": (4 * units,),
        "query": square,
        "query_bias": (units,),
        "key": square,
        "value": square,
        "joined": square,
        "joined_bias": (units,),
        "head": (width, units + shape.extra),
        "head_bias": (width,),
        "logit": (1, width),
        "logit_bias": (1,),
    }


def export(shape: SequenceShape, weights: Mapping[str, Singles]) -> dict[str, bytes]:
    """The files that ``ictcli.models.sequence.load_sequence`` reads.

    Args:
        shape: of the network.
        weights: arrays named as in ``weight_shapes``; the gates of the recurrent layer stand in the order
            input, forget, cell, output; a layer's outputs are its rows.

    Raises:
        ConfigError: the onnx package is not installed.
    """
    recurrent = _recurrent_weights(weights)
    return {
        SHAPE_FILE: msgspec.json.format(msgspec.json.encode(shape), indent=1),
        PREFIX_FILE: _prefix(shape, recurrent),
        DECIDE_FILE: _decide(shape, {**recurrent, **_attention_weights(shape, weights)}),
    }


def _recurrent_weights(weights: Mapping[str, Singles]) -> dict[str, Singles]:
    """In ONNX's order of gates: input, output, forget, cell."""

    def ordered(array: Singles) -> Singles:
        into, forget, cell, out = np.split(array, 4)
        return np.concatenate([into, out, forget, cell])

    biases = np.concatenate([ordered(weights["input_bias"]), ordered(weights["recurrent_bias"])])
    return {
        "W": ordered(weights["input"])[None],
        "R": ordered(weights["recurrent"])[None],
        "B": biases[None],
    }


def _attention_weights(shape: SequenceShape, weights: Mapping[str, Singles]) -> dict[str, Singles]:
    by_head = (shape.heads, shape.units // shape.heads, shape.units)
    exact = {name: array.astype(np.float64) for name, array in weights.items()}
    head = exact["head"][:, : shape.units]
    joined = np.split(head @ exact["joined"], shape.heads, axis=1)
    seen = [to @ of for to, of in zip(joined, exact["value"].reshape(by_head), strict=True)]
    return {
        "query": weights["query"].T,
        "query_bias": weights["query_bias"],
        "key": weights["key"].reshape(by_head),
        "head": np.hstack([*seen, exact["head"]]).T.astype(np.float32),
        "head_bias": (exact["head_bias"] + head @ exact["joined_bias"]).astype(np.float32),
        "logit": weights["logit"].T,
        "logit_bias": weights["logit_bias"],
    }


def _prefix(shape: SequenceShape, weights: Mapping[str, Singles]) -> bytes:
    """All steps but the last: ``window`` -> ``hidden``, ``h``, ``c``, from a zero state."""
    before, units = shape.steps - 1, shape.units
    nodes: list[Node] = [
        ("LSTM", ["window", "W", "R", "B"], ["every", "h", "c"], {"hidden_size": units}),
        ("Reshape", ["every", "rows_of_units"], ["hidden"], {}),
    ]
    inputs = {"window": (before, 1, shape.columns)}
    outputs = {"hidden": (before, units), "h": (1, 1, units), "c": (1, 1, units)}
    return _graph("prefix", nodes, inputs, outputs, weights, {"rows_of_units": (before, units)})


def _decide(shape: SequenceShape, weights: Mapping[str, Singles]) -> bytes:
    """The last step and all behind it: ``row``, the state and ``extra`` -> ``log_odds``, ``attention``."""
    heads, units, steps = shape.heads, shape.units, shape.steps
    size = units // heads
    own = {"extra": (1, shape.extra)} if shape.extra else {}
    scale = {"transB": 1, "alpha": 1.0 / math.sqrt(size)}
    nodes: list[Node] = [
        ("LSTM", ["row", "W", "R", "B", "", "h", "c"], ["", "state"], {"hidden_size": units}),
        ("Reshape", ["state", "one_row"], ["last"], {}),
        ("Concat", ["hidden", "last"], ["all"], {"axis": 0}),
        ("Gemm", ["last", "query", "query_bias"], ["asked"], {}),
        ("Reshape", ["asked", "row_of_head"], ["asked_by_head"], {}),
        ("MatMul", ["asked_by_head", "key"], ["sought"], {}),
        ("Reshape", ["sought", "heads_of_units"], ["sought_by_head"], {}),
        ("Gemm", ["sought_by_head", "all"], ["scores"], scale),
        ("Softmax", ["scores"], ["attention"], {"axis": 1}),
        ("MatMul", ["attention", "all"], ["seen"], {}),
        ("Reshape", ["seen", "all_heads"], ["seen_row"], {}),
        ("Concat", ["seen_row", "last", *own], ["told"], {"axis": 1}),
        ("Gemm", ["told", "head", "head_bias"], ["layer"], {}),
        ("Relu", ["layer"], ["active"], {}),
        ("Gemm", ["active", "logit", "logit_bias"], ["log_odds"], {}),
    ]
    inputs = {
        "row": (1, 1, shape.columns),
        "hidden": (steps - 1, units),
        "h": (1, 1, units),
        "c": (1, 1, units),
        **own,
    }
    constants = {
        "one_row": (1, units),
        "row_of_head": (heads, 1, size),
        "heads_of_units": (heads, units),
        "all_heads": (1, heads * units),
    }
    outputs = {"log_odds": (1, 1), "attention": (heads, steps)}
    return _graph("decide", nodes, inputs, outputs, weights, constants)


def _graph(
    name: str,
    nodes: Sequence[Node],
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, tuple[int, ...]],
    weights: Mapping[str, Singles],
    constants: Mapping[str, tuple[int, ...]],
) -> bytes:
    """A checked graph of single-precision numbers as bytes.

    Args:
        name: of the graph.
        nodes: in order.
        inputs: name = shape.
        outputs: name = shape.
        weights: name = array.
        constants: name = a shape that nodes are given as an input.
    """
    try:
        import onnx  # noqa: PLC0415 - an extra
        from onnx import helper, numpy_helper  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError("writing an lstm needs the onnx package", hint=HINT) from error

    def described(shapes: Mapping[str, tuple[int, ...]]) -> list[Any]:
        return [
            helper.make_tensor_value_info(one, onnx.TensorProto.FLOAT, size) for one, size in shapes.items()
        ]

    kept = [
        numpy_helper.from_array(np.ascontiguousarray(array, np.float32), one)
        for one, array in sorted(weights.items())
    ]
    kept += [numpy_helper.from_array(np.array(size, np.int64), one) for one, size in constants.items()]
    made = [helper.make_node(kind, given, made, **own) for kind, given, made, own in nodes]
    graph = helper.make_graph(made, name, described(inputs), described(outputs), kept)
    model = helper.make_model(
        graph, producer_name="ictcli", ir_version=_IR_VERSION, opset_imports=[helper.make_opsetid("", _OPSET)]
    )
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data
