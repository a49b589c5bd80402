"""The LSTM with attention in PyTorch: the network, its training and its attributions.

Only this module imports torch; it is imported when a network is trained or explained.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ictcli.learning.samples import Samples
from ictcli.models.sequence import SequenceShape

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]
Singles = NDArray[np.float32]

_LAYERS = {
    "input": "recurrent.weight_ih_l0",
    "recurrent": "recurrent.weight_hh_l0",
    "input_bias": "recurrent.bias_ih_l0",
    "recurrent_bias": "recurrent.bias_hh_l0",
    "query": "query.weight",
    "query_bias": "query.bias",
    "key": "key.weight",
    "value": "value.weight",
    "joined": "joined.weight",
    "joined_bias": "joined.bias",
    "head": "head.weight",
    "head_bias": "head.bias",
    "logit": "logit.weight",
    "logit_bias": "logit.bias",
}
"""Name of an array in ``lstm_export`` = name of the parameter here."""


@dataclass(frozen=True, slots=True)
class Course:
    """How to train.

    Attributes:
        batch: windows per step of the optimiser.
        epochs: most passes over the training windows.
        patience: passes without a better log-loss on the held-out windows before it ends.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        dropout: share of the attention's answer that is left out at random.
        clip: largest norm of the gradient.
        seed: of the first weights, the order of windows and what is left out.
    """

    batch: int
    epochs: int
    patience: int
    learning_rate: float
    weight_decay: float
    dropout: float
    clip: float
    seed: int


class Windows:
    """Windows of samples, gathered when they are asked for; the matrix is kept once, in single precision.

    Args:
        samples: each with ``steps - 1`` rows before it.
        steps: rows of a window.
    """

    def __init__(self, samples: Samples, steps: int) -> None:
        self._matrix = torch.from_numpy(np.ascontiguousarray(samples.matrix, np.float32))
        self._rows = torch.from_numpy(samples.rows.astype(np.int64))
        self._extra = torch.from_numpy(samples.extra.astype(np.float32))
        self._labels = torch.from_numpy(samples.labels.astype(np.float32))
        self._weights = torch.from_numpy((samples.weights / samples.weights.mean()).astype(np.float32))
        self._back = torch.arange(1 - steps, 1)

    def __len__(self) -> int:
        return len(self._rows)

    def inputs(self, which: Int64) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows, shape (samples, steps, columns), and the inputs of the events."""
        at = torch.from_numpy(which)
        return self._matrix[self._rows[at, None] + self._back], self._extra[at]

    def targets(self, which: Int64) -> tuple[torch.Tensor, torch.Tensor]:
        """Labels and weights, the weights 1 on average."""
        at = torch.from_numpy(which)
        return self._labels[at], self._weights[at]


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """One thread, deterministic algorithms and random numbers of their own; all is put back afterwards."""
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(mode=True)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(mode=strict)
            torch.set_num_threads(threads)


def build(shape: SequenceShape, width: int) -> nn.ModuleDict:
    """The layers, with weights drawn from torch's random numbers; forget gates start open."""
    units = shape.units
    net = nn.ModuleDict(
        {
            "recurrent": nn.LSTM(shape.columns, units, batch_first=True),
            "query": nn.Linear(units, units),
            "key": nn.Linear(units, units, bias=False),
            "value": nn.Linear(units, units, bias=False),
            "joined": nn.Linear(units, units),
            "head": nn.Linear(units + shape.extra, width),
            "logit": nn.Linear(width, 1),
        }
    )
    with torch.no_grad():
        net.get_parameter("recurrent.bias_ih_l0")[units : 2 * units].fill_(1.0)
    return net


def arrays(net: nn.ModuleDict) -> dict[str, Singles]:
    """The weights under the names of ``lstm_export``."""
    return {name: net.get_parameter(own).detach().numpy().copy() for name, own in _LAYERS.items()}


def rebuild(shape: SequenceShape, weights: dict[str, Singles]) -> nn.ModuleDict:
    """The network with given weights."""
    with reproducible(0):
        net = build(shape, len(weights["head_bias"]))
    net.load_state_dict({own: torch.from_numpy(weights[name].copy()) for name, own in _LAYERS.items()})
    return net


def log_odds(
    net: nn.ModuleDict, shape: SequenceShape, rows: torch.Tensor, extra: torch.Tensor, dropout: float = 0.0
) -> torch.Tensor:
    """Log-odds of windows; the formulas are told in ``lstm_export``.

    Args:
        net: the layers.
        shape: of the network.
        rows: windows, shape (samples, steps, columns).
        extra: inputs of the events, shape (samples, extra).
        dropout: share of the attention's answer that is left out at random.
    """
    by_head = (shape.heads, shape.units // shape.heads, shape.units)
    every, _ = net["recurrent"](rows)
    last = every[:, -1]
    asked = net["query"](last).reshape(len(rows), *by_head[:2])
    sought = torch.einsum("bhs,hsu->bhu", asked, net.get_parameter("key.weight").reshape(by_head))
    scores = sought @ every.transpose(1, 2) / math.sqrt(by_head[1])
    seen = torch.softmax(scores, dim=-1) @ every
    found = torch.einsum("bhu,hsu->bhs", seen, net.get_parameter("value.weight").reshape(by_head))
    summed = net["joined"](found.reshape(len(rows), shape.units)) + last
    told = torch.cat([nn.functional.dropout(summed, dropout, dropout > 0), extra], dim=1)
    result: torch.Tensor = net["logit"](torch.relu(net["head"](told)))[:, 0]
    return result


def train(
    shape: SequenceShape, width: int, windows: Windows, learn: Int64, held: Int64, course: Course
) -> dict[str, Singles]:
    """Weights with the least weighted log-loss on the held-out windows.

    Args:
        shape: of the network.
        width: units of the layer between attention and log-odds.
        windows: all of them.
        learn: positions of those to learn from.
        held: positions of those that only say when to stop.
        course: how to train.
    """
    with reproducible(course.seed):
        net = build(shape, width)
        order = np.random.default_rng(course.seed)
        optimiser = torch.optim.AdamW(
            net.parameters(), lr=course.learning_rate, weight_decay=course.weight_decay, foreach=False
        )
        best, kept, waited = math.inf, arrays(net), 0
        for _ in range(course.epochs):
            _pass(net, shape, windows, order.permutation(learn), course, optimiser)
            loss = _held_out_loss(net, shape, windows, held, course.batch)
            if loss < best:
                best, kept, waited = loss, arrays(net), 0
            else:
                waited += 1
            if waited >= course.patience:
                break
    return kept


def _pass(
    net: nn.ModuleDict,
    shape: SequenceShape,
    windows: Windows,
    order: Int64,
    course: Course,
    optimiser: torch.optim.Optimizer,
) -> None:
    for begin in range(0, len(order), course.batch):
        which = order[begin : begin + course.batch]
        optimiser.zero_grad()
        odds = log_odds(net, shape, *windows.inputs(which), course.dropout)
        torch.autograd.backward(_loss(odds, *windows.targets(which)).mean())
        nn.utils.clip_grad_norm_(net.parameters(), course.clip)
        optimiser.step()


def _held_out_loss(
    net: nn.ModuleDict, shape: SequenceShape, windows: Windows, held: Int64, batch: int
) -> float:
    total = 0.0
    with torch.no_grad():
        for begin in range(0, len(held), batch):
            which = held[begin : begin + batch]
            losses = _loss(log_odds(net, shape, *windows.inputs(which)), *windows.targets(which))
            total += float(losses.double().sum())
    return total / len(held)


def _loss(odds: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return weights * nn.functional.binary_cross_entropy_with_logits(odds, labels, reduction="none")


def integrated_gradients(
    shape: SequenceShape, weights: dict[str, Singles], samples: Samples, points: int = 32, batch: int = 64
) -> Floats:
    """Contribution of every input to the log-odds of every sample, shape (samples, columns + extra).

    Integrated gradients (Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", 2017) from
    inputs that are all 0, which is the median after preparation, by the midpoint rule. Contributions of the
    rows of a window are added up. All together they make up the difference between the log-odds of the
    sample and of the base line.

    Args:
        shape: of the network.
        weights: its arrays.
        samples: each with ``steps - 1`` rows before it.
        points: on the way from the base line where gradients are taken; 32 settle the means over samples
            to some hundredths, a single sample may need hundreds.
        batch: samples at a time.
    """
    with reproducible(0):
        net = rebuild(shape, weights)
        windows = Windows(samples, shape.steps)
        parts = [
            _contributions(
                net, shape, points, *windows.inputs(np.arange(begin, min(begin + batch, len(windows))))
            )
            for begin in range(0, len(windows), batch)
        ]
    return np.concatenate(parts)


def _contributions(
    net: nn.ModuleDict, shape: SequenceShape, points: int, rows: torch.Tensor, extra: torch.Tensor
) -> Floats:
    by_row, by_extra = torch.zeros_like(rows), torch.zeros_like(extra)
    for point in range(points):
        share = (point + 0.5) / points
        ends = [(one * share).requires_grad_() for one in (rows, extra)]
        total = log_odds(net, shape, ends[0], ends[1]).sum()
        slopes = torch.autograd.grad(total, ends)
        by_row += slopes[0] / points
        by_extra += slopes[1] / points
    both = torch.cat([(by_row * rows).sum(dim=1), by_extra * extra], dim=1)
    contributions: Floats = both.double().numpy()
    return contributions
