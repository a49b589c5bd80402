"""A model's card: what it was made from, what it is worth, and how it decides."""

from typing import Any, Literal

import msgspec

from ictcli.errors import DataError

CARD_SCHEMA = 1
"""Version of the card; raised when a field changes its meaning."""

Verdict = Literal["edge", "no edge"]


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One measured number with its interval; None where it is undefined.

    Attributes:
        value: the number.
        low, high: bounds of its interval.
        n: observations behind it.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None


class CardSeries(msgspec.Struct, frozen=True, kw_only=True):
    """The bars a model was trained on.

    Attributes:
        source, symbol, timeframe: which series.
        content: hash of its rows.
    """

    source: str
    symbol: str
    timeframe: str
    content: str


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Time of one decision.

    Attributes:
        p50_us, p99_us: microseconds.
        cpu: model of the processor they were measured on.
    """

    p50_us: float
    p99_us: float
    cpu: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of one version of a model.

    Attributes:
        name: of the model.
        identity: sha256 of what decides the model; training with the same identity is up to date.
        code_version: of ictcli.
        python: version of Python.
        packages: name = version.
        argv: the command line.
        config_hash: of the configuration.
        seed: of everything random.
        series: the bars.
        span_first, span_last: first and last instant the model saw, labels included; nanoseconds UTC.
        rows: labelled events.
        feature_set: name of the set of features.
        features: names of the columns, in order.
        feature_identity: hash of their definitions; serving with another one is refused.
        label: rule of the label with its parameters.
        cv: the split with its parameters.
        trials: parameter sets ever tried, the number by which the Sharpe ratio is deflated.
        members: kind of model = weight in the ensemble.
        metrics: name = value with interval.
        verdict: whether there is an edge.
        reasons: why that is the verdict.
        thresholds: numbers by which it decides or abstains.
        lockbox_from: first instant kept out of all training, nanoseconds UTC; None without a lockbox.
        extra: names of inputs that belong to the event and not to the bar, such as ``side``.
        strategy: whose signals it judges; empty for a model of direction.
        latency: None where it was not measured.
        believed: what was believed against the tripwire and why, one line; empty where nothing had to be.
        parent: id of the version it was trained to replace; may be empty.
        version: id; the store fills it in.
        created: nanoseconds UTC; the store fills it in.
        schema: version of this record.
    """

    name: str
    identity: str
    code_version: str
    python: str
    packages: dict[str, str]
    argv: tuple[str, ...]
    config_hash: str
    seed: int
    series: CardSeries
    span_first: int
    span_last: int
    rows: int
    feature_set: str
    features: tuple[str, ...]
    feature_identity: str
    label: dict[str, Any]
    cv: dict[str, Any]
    trials: int
    members: dict[str, float]
    metrics: dict[str, Metric]
    verdict: Verdict
    reasons: tuple[str, ...]
    thresholds: dict[str, float]
    lockbox_from: int | None = None
    extra: tuple[str, ...] = ()
    strategy: str = ""
    latency: Latency | None = None
    believed: str = ""
    parent: str = ""
    version: str = ""
    created: int = 0
    schema: int = CARD_SCHEMA


def encode_card(card: Card) -> bytes:
    """A card as JSON that people can read; equal cards give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(card, order="deterministic"), indent=1) + b"\n"


def decode_card(data: bytes, origin: str) -> Card:
    """The card in ``data``.

    Args:
        data: what ``encode_card`` wrote.
        origin: where it was read, for the message.

    Raises:
        DataError: it is not a card, or one of another version of ictcli.
    """
    try:
        schema = msgspec.json.decode(data, type=dict[str, Any]).get("schema")
        if schema != CARD_SCHEMA:
            raise DataError(
                f"{origin} is of version {schema}, this program knows {CARD_SCHEMA}", hint="Update ictcli."
            )
        return msgspec.json.decode(data, type=Card)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{origin} is not a model card: {error}", hint="Train the model again.") from error
