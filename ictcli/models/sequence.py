"""Serves the LSTM with attention through ONNX Runtime: most of a decision is computed before its bar closes.

The network sees the ``steps`` (20) prepared rows that end with the bar of the decision. Its recurrent layer
starts every such window from a zero state, so all steps but the last are known one bar early. There are two
graphs of fixed shape: ``lstm_prefix.onnx`` takes the steps before the last, ``lstm_decide.onnx`` takes the
last one, attends from its hidden row over all of them, adds the event's own inputs and gives the log-odds.

The order in the live loop, once per bar:

1. ``push(row)`` as the bar closes: it copies the row and makes the prepared state current;
2. ``probability(extra)``: one step, attention and head; the only work on the way to a decision;
3. ``settle()`` after deciding: the steps of the next window. If it is left out, the next ``push`` does it
   first: the same numbers, later.

Tables run the same two graphs, one window after the other, and so give the same bits.
"""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.errors import ConfigError, DataError

Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

SHAPE_FILE = "lstm.json"
PREFIX_FILE = "lstm_prefix.onnx"
DECIDE_FILE = "lstm_decide.onnx"
HINT = 'Run `pip install "ictcli[lstm]"`.'

_AGAIN = "Restore the version's files, or train the model again."


class SequenceShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of the network.

    Attributes:
        columns: of a prepared row.
        extra: inputs of the event itself.
        units: of the recurrent layer; a multiple of ``heads``.
        heads: of the attention.
        steps: rows that a decision looks at, its own among them; 2 or more.
    """

    columns: int
    extra: int
    units: int
    heads: int
    steps: int

    def __post_init__(self) -> None:
        if min(self.columns, self.units, self.heads, self.steps - 1) < 1 or self.extra < 0:
            raise ValueError("a size of the network is too small")
        if self.units % self.heads:
            raise ValueError("units must be a multiple of heads")


class SequenceMember:
    """An LSTM with attention, ready to serve; a ``Member``.

    Args:
        shape: of the network.
        prefix: session of the steps before the last.
        decide: session of the last step, attention and head.
    """

    def __init__(self, shape: SequenceShape, prefix: Any, decide: Any) -> None:
        self.shape = shape
        self._live = _Lane(shape, prefix, decide)
        self._table = _Lane(shape, prefix, decide)
        self._taken = 0
        self._settled = True

    @property
    def name(self) -> str:
        """The kind of model."""
        return "lstm"

    @property
    def width(self) -> int:
        """Inputs of an event: columns of the prepared row and what belongs to the event."""
        return self.shape.columns + self.shape.extra

    def probabilities(self, matrix: Floats, rows: Int64, extra: Floats) -> Floats:
        """P(label = 1) of events; NaN where fewer than ``steps - 1`` rows come before.

        Args:
            matrix: prepared features of every bar, shape (bars, columns).
            rows: bar of each event.
            extra: inputs of the events themselves, shape (events, 0 or more).

        Raises:
            DataError: the columns are not those of the training, or rows lie outside the matrix.
        """
        return np.array([found for found, _ in self._decisions(matrix, rows, extra)], np.float64)

    def attentions(self, matrix: Floats, rows: Int64) -> Floats:
        """What the decisions looked at, shape (events, heads, steps), the oldest row first.

        The weights of a head add up to 1. They do not depend on the inputs of the event itself. NaN where
        fewer than ``steps - 1`` rows come before.
        """
        extra = np.zeros((len(rows), self.shape.extra))
        shape = (len(rows), self.shape.heads, self.shape.steps)
        return np.array([seen for _, seen in self._decisions(matrix, rows, extra)], np.float64).reshape(shape)

    def push(self, row: Floats) -> None:
        """Take the prepared features of the next closed bar; settles first where nobody has.

        Raises:
            DataError: the columns are not those of the training.
        """
        if len(row) != self.shape.columns:
            raise self._misfit(len(row), self.shape.extra)
        self.settle()
        self._live.take(row)
        self._taken += 1
        self._settled = False

    def settle(self) -> None:
        """Compute what the next window needs of the bars taken so far; to be called after deciding."""
        if not self._settled:
            self._live.keep()
            if self._taken >= self.shape.steps - 1:
                self._live.prepare()
            self._settled = True

    def probability(self, extra: Floats) -> float:
        """P(label = 1) of an event at the bar taken last; NaN before bar ``steps``.

        Args:
            extra: inputs of the event, shape (0 or more,).

        Raises:
            DataError: the inputs of the event are not those of the training.
        """
        if len(extra) != self.shape.extra:
            raise self._misfit(self.shape.columns, len(extra))
        if self._taken < self.shape.steps:
            return math.nan
        return self._live.decide(extra)

    def attention(self) -> Floats:
        """What the last ``probability`` looked at, shape (heads, steps), the oldest row first.

        NaN before bar ``steps``.
        """
        if self._taken < self.shape.steps:
            return np.full(self._live.attention.shape, math.nan)
        return self._live.attention.astype(np.float64)

    def _decisions(self, matrix: Floats, rows: Int64, extra: Floats) -> list[tuple[float, Floats]]:
        shape = self.shape
        if (matrix.shape[1], extra.shape[1]) != (shape.columns, shape.extra):
            raise self._misfit(matrix.shape[1], extra.shape[1])
        if len(rows) and (rows.min() < 0 or rows.max() >= len(matrix)):
            raise DataError(f"events lie outside the {len(matrix)} rows of features")
        nothing = np.full((shape.heads, shape.steps), math.nan)
        lane, before = self._table, shape.steps - 1
        found = []
        for row, own in zip(rows.tolist(), extra, strict=True):
            if row < before:
                found.append((math.nan, nothing))
                continue
            lane.fill(matrix[row - before : row])
            lane.prepare()
            lane.take(matrix[row])
            chance = lane.decide(own)
            found.append((chance, lane.attention.astype(np.float64)))
        return found

    def _misfit(self, columns: int, extra: int) -> DataError:
        own = self.shape
        return DataError(
            f"the lstm takes {own.columns} columns and {own.extra} of the event, not {columns} and {extra}",
            hint="Choose the model that was trained on these features.",
        )


class _State:
    """What is known of a window before its last row, and the calls that write and read it."""

    def __init__(self, shape: SequenceShape, lane: "_Lane", prefix: Any, decide: Any) -> None:
        self._memory = {
            "hidden": np.zeros((shape.steps - 1, shape.units), np.float32),
            "h": np.zeros((1, 1, shape.units), np.float32),
            "c": np.zeros((1, 1, shape.units), np.float32),
        }
        own = {"extra": lane.extra} if shape.extra else {}
        read = {"row": lane.row, **self._memory, **own}
        result = {"log_odds": lane.log_odds, "attention": lane.attention}
        self.prepare = partial(
            prefix.run_with_iobinding, _bound(prefix, {"window": lane.window}, self._memory)
        )
        self.decide = partial(decide.run_with_iobinding, _bound(decide, read, result))


class _Lane:
    """Memory that the graphs read and write, bound once, so that a call moves nothing else.

    There are two states: the one of the row taken last stays whole while the next one is prepared.
    """

    def __init__(self, shape: SequenceShape, prefix: Any, decide: Any) -> None:
        self.window: Singles = np.zeros((shape.steps - 1, 1, shape.columns), np.float32)
        self.row: Singles = np.zeros((1, 1, shape.columns), np.float32)
        self.extra: Singles = np.zeros((1, shape.extra), np.float32)
        self.log_odds: Singles = np.zeros((1, 1), np.float32)
        self.attention: Singles = np.zeros((shape.heads, shape.steps), np.float32)
        self._ready, self._current = (_State(shape, self, prefix, decide) for _ in range(2))

    def fill(self, rows: Floats) -> None:
        """Put all rows before the last into the window."""
        self.window[:, 0] = rows

    def keep(self) -> None:
        """Move the row taken last into the window."""
        self.window[:-1] = self.window[1:]
        self.window[-1] = self.row[0]

    def prepare(self) -> None:
        """Run the steps before the last for the row that comes next; the current state stays as it is."""
        self._ready.prepare()

    def take(self, row: Floats) -> None:
        """The last row of the window that was prepared."""
        self._ready, self._current = self._current, self._ready
        self.row[0, 0] = row

    def decide(self, extra: Floats) -> float:
        """P(label = 1) at the row taken last."""
        self.extra[0] = extra
        self._current.decide()
        return _probability(float(self.log_odds[0, 0]))


def load_sequence(files: Mapping[str, bytes]) -> SequenceMember:
    """The model in the files of a version.

    Args:
        files: name = bytes; others than the model's own are passed over.

    Raises:
        ConfigError: ONNX Runtime is not installed.
        DataError: a file is missing or damaged, or the files do not belong together.
    """
    missing = [name for name in (SHAPE_FILE, PREFIX_FILE, DECIDE_FILE) if name not in files]
    if missing:
        raise DataError(f"the lstm lacks {', '.join(missing)}", hint=_AGAIN)
    try:
        shape = msgspec.json.decode(files[SHAPE_FILE], type=SequenceShape)
    except msgspec.DecodeError as error:
        raise DataError(f"{SHAPE_FILE} is damaged: {error}", hint=_AGAIN) from error
    prefix, decide = (_session(name, files[name]) for name in (PREFIX_FILE, DECIDE_FILE))
    before, units, state = shape.steps - 1, shape.units, [1, 1, shape.units]
    own = {"extra": [1, shape.extra]} if shape.extra else {}
    passed = {"hidden": [before, units], "h": state, "c": state}
    _require(PREFIX_FILE, prefix, {"window": [before, 1, shape.columns]}, passed)
    _require(
        DECIDE_FILE,
        decide,
        {"row": [1, 1, shape.columns], **passed, **own},
        {"log_odds": [1, 1], "attention": [shape.heads, shape.steps]},
    )
    return SequenceMember(shape, prefix, decide)


def _session(name: str, data: bytes) -> Any:
    try:
        import onnxruntime  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError("serving an lstm needs ONNX Runtime", hint=HINT) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's errors share no narrower class
        raise DataError(f"{name} is damaged: {str(error).splitlines()[0]}", hint=_AGAIN) from error


def _require(name: str, session: Any, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
    """Refuse a graph of another shape: memory is bound to it without further checks."""
    found = ({one.name: one.shape for one in ends} for ends in (session.get_inputs(), session.get_outputs()))
    if list(found) != [inputs, outputs]:
        raise DataError(f"{name} does not fit {SHAPE_FILE}", hint=_AGAIN)


def _bound(session: Any, inputs: Mapping[str, Singles], outputs: Mapping[str, Singles]) -> Any:
    """Inputs and outputs tied to the memory of arrays, which the caller keeps alive."""
    binding = session.io_binding()
    for bind, arrays in ((binding.bind_input, inputs), (binding.bind_output, outputs)):
        for name, array in arrays.items():
            bind(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
    return binding


def _probability(log_odds: float) -> float:
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    grown = math.exp(log_odds)
    return grown / (1.0 + grown)
