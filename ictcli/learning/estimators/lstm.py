"""An LSTM with attention over the last prepared rows, trained with PyTorch and served by ONNX Runtime.

A sample is a window: the ``steps`` rows that end with the bar of the decision. A recurrent layer reads them
from a zero state; its last hidden row attends over all of them. Nothing else asks, so the attention has one
query. The answer is added to the last hidden row; the event's own inputs (the side) join there and not
before, so that all steps but the last can be computed before the bar closes (``ictcli.models.sequence``).

Training ends when the log-loss on the last part of the samples no longer falls. That part says nothing but
when to stop, and the weights of the best pass are kept. Samples carry no end of their labels: the bars of
``gap`` before that part are left out instead, which should be at least as many as a label lives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.errors import ConfigError, DataError
from ictcli.learning.estimators.lstm_export import export
from ictcli.learning.estimators.parameters import configure, mean_absolute, require_both_labels
from ictcli.learning.samples import Samples
from ictcli.models.sequence import HINT, SequenceShape, load_sequence

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]
Singles = NDArray[np.float32]
Count = Annotated[int, Meta(ge=1, le=10_000)]

_CLIP = 1.0
"""Largest norm of the gradient."""

_EXPLAINED = 256
"""Most samples that an importance is measured on; evenly spaced ones are taken."""

_FEWEST = 50
"""Samples below which nothing is trained."""


class LSTMParams(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of the network and of its training.

    Attributes:
        units: of the recurrent layer.
        heads: of the attention.
        steps: rows of a window, the bar of the decision among them.
        width: units of the layer between attention and log-odds.
        batch: windows per step of the optimiser.
        epochs: most passes over the training samples.
        patience: passes without a better log-loss before training ends.
        learning_rate, weight_decay: of AdamW.
        dropout: share of the attention's answer that is left out at random while training.
        held_out: share of the samples, the last ones, that says when to stop.
        gap: bars before them that nothing is learnt from.
    """

    units: Annotated[int, Meta(ge=1, le=2_048)] = 200
    heads: Annotated[int, Meta(ge=1, le=64)] = 4
    steps: Annotated[int, Meta(ge=2, le=1_000)] = 20
    width: Annotated[int, Meta(ge=1, le=1_024)] = 32
    batch: Count = 256
    epochs: Count = 40
    patience: Count = 5
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 0.001
    weight_decay: Annotated[float, Meta(ge=0, le=10)] = 0.01
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.1
    held_out: Annotated[float, Meta(gt=0, lt=1)] = 0.15
    gap: Annotated[int, Meta(ge=0)] = 100

    def __post_init__(self) -> None:
        if self.units % self.heads:
            raise ValueError(f"units must be a multiple of heads: {self.units} is none of {self.heads}")


@dataclass(frozen=True, slots=True)
class FittedLSTM:
    """A trained network.

    Attributes:
        shape: of the network.
        weights: its arrays, named as in ``lstm_export``.
        served: what the live path reads, name = bytes.
    """

    shape: SequenceShape
    weights: dict[str, Singles]
    served: Mapping[str, bytes]

    def probabilities(self, samples: Samples) -> Floats:
        """P(label = 1) of each sample, from ONNX Runtime; NaN where too few rows come before."""
        return load_sequence(self.served).probabilities(samples.matrix, samples.rows, samples.extra)

    def attention(self, samples: Samples) -> Floats:
        """What each decision looked at, shape (samples, heads, steps), the oldest row first."""
        return load_sequence(self.served).attentions(samples.matrix, samples.rows)

    def files(self) -> Mapping[str, bytes]:
        """The two graphs and their shape; they hold all weights, and there is no other native format."""
        return self.served

    def importance(self, samples: Samples) -> Floats:
        """Mean absolute contribution of every input to the log-odds, by integrated gradients.

        The base line is a window of medians. Contributions of a column are added up over the window first.

        Raises:
            DataError: no sample has enough rows before it.
        """
        from ictcli.learning.estimators import lstm_net  # noqa: PLC0415 - imports torch

        whole = _whole(samples, self.shape.steps)
        if not len(whole):
            raise DataError(f"no sample has {self.shape.steps - 1} rows before it")
        step = max(1, -(-len(whole) // _EXPLAINED))
        some = whole.take(np.arange(0, len(whole), step))
        return mean_absolute(lstm_net.integrated_gradients(self.shape, self.weights, some))


@dataclass(frozen=True, slots=True)
class LSTM:
    """The LSTM with attention."""

    name: str = "lstm"
    needs: str = "lstm"

    def space(self) -> Mapping[str, Any]:
        """What tuning may vary."""
        return {
            "learning_rate": (0.0003, 0.003, "log"),
            "weight_decay": (0.001, 0.3, "log"),
            "dropout": (0.0, 0.5),
        }

    def fit(self, samples: Samples, params: Mapping[str, Any], seed: int, jobs: int) -> FittedLSTM:
        """Train on all samples that have enough rows before them.

        It takes one thread whatever ``jobs`` says: sums of several threads depend on their number.

        Raises:
            ConfigError: a parameter is unknown or does not fit, or a package is missing.
            DataError: there are too few samples, or one label does not occur.
        """
        chosen = configure(self.name, LSTMParams, params)
        _require_packages()
        from ictcli.learning.estimators import lstm_net  # noqa: PLC0415 - imports torch

        whole = _whole(samples, chosen.steps)
        learn, held = _parted(whole.rows, chosen)
        require_both_labels(whole.take(learn))
        shape = SequenceShape(
            columns=samples.matrix.shape[1],
            extra=samples.extra.shape[1],
            units=chosen.units,
            heads=chosen.heads,
            steps=chosen.steps,
        )
        course = lstm_net.Course(
            batch=chosen.batch,
            epochs=chosen.epochs,
            patience=chosen.patience,
            learning_rate=chosen.learning_rate,
            weight_decay=chosen.weight_decay,
            dropout=chosen.dropout,
            clip=_CLIP,
            seed=seed,
        )
        windows = lstm_net.Windows(whole, chosen.steps)
        weights = lstm_net.train(shape, chosen.width, windows, learn, held, course)
        return FittedLSTM(shape, weights, export(shape, weights))


def _require_packages() -> None:
    """See to it before the long work that nothing is missing.

    Raises:
        ConfigError: a package is not installed.
    """
    missing = [name for name in ("torch", "onnx", "onnxruntime") if find_spec(name) is None]
    if missing:
        raise ConfigError(f"training an lstm needs {', '.join(missing)}", hint=HINT)


def _whole(samples: Samples, steps: int) -> Samples:
    """The samples with enough rows before them, in the order of their bars."""
    order = np.argsort(samples.rows, kind="stable")
    return samples.take(order[samples.rows[order] >= steps - 1])


def _parted(rows: Int64, params: LSTMParams) -> tuple[Int64, Int64]:
    """Positions to learn from, and those of the last part, which says when to stop.

    Args:
        rows: bar of each sample, ascending.
        params: how much is held out, and how far before it the learning ends.

    Raises:
        DataError: there are too few samples.
    """
    count = len(rows)
    held = max(1, round(params.held_out * count))
    first = int(rows[count - held]) if count else 0
    learn = int(np.searchsorted(rows, first - params.gap))
    if learn < _FEWEST:
        raise DataError(
            f"too few samples for an lstm: {learn} of {count} lie {params.gap} bars before the held-out part",
            hint=f"Take a longer span: at least {_FEWEST} are needed.",
        )
    return np.arange(learn), np.arange(count - held, count)


ESTIMATOR = LSTM()
