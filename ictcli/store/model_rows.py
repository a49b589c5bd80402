"""The rows of the catalog's view ``models``: one per stored version, read from its card."""

from pathlib import Path
from typing import Any

import msgspec

from ictcli.clock import iso

MODEL_COLUMNS = {
    "name": "VARCHAR",
    "version": "VARCHAR",
    "created": "TIMESTAMPTZ",
    "source": "VARCHAR",
    "symbol": "VARCHAR",
    "timeframe": "VARCHAR",
    "strategy": "VARCHAR",
    "feature_set": "VARCHAR",
    "first": "TIMESTAMPTZ",
    "last": "TIMESTAMPTZ",
    "rows": "BIGINT",
    "trials": "BIGINT",
    "verdict": "VARCHAR",
    "alias": "VARCHAR",
    "parent": "VARCHAR",
    "card": "VARCHAR",
    "damage": "VARCHAR",
}
_POSTS = ("champion", "challenger", "shadow", "previous")


class _Series(msgspec.Struct):
    source: str
    symbol: str
    timeframe: str


class _Card(msgspec.Struct):
    """What the view takes from a model's card."""

    created: int
    span_first: int
    span_last: int
    series: _Series
    strategy: str
    feature_set: str
    rows: int
    trials: int
    verdict: str
    parent: str


def model_rows(data_dir: Path) -> list[list[Any]]:
    """All versions of all models below ``data_dir/models``, values in the order of ``MODEL_COLUMNS``.

    A version whose card cannot be read keeps its row, with the reason in ``damage``.
    """
    found = []
    for path in sorted((data_dir / "models").glob("[!.]*/versions/[!.]*")):
        model = path.parent.parent
        try:
            row = _facts((path / "card.json").read_bytes())
        except (OSError, msgspec.MsgspecError, ValueError, RecursionError, OverflowError) as error:
            row = {"damage": str(error)}
        row |= {"name": model.name, "version": path.name, "alias": _posts(model / "aliases.json", path.name)}
        found.append([row.get(column) for column in MODEL_COLUMNS])
    return found


def _facts(data: bytes) -> dict[str, Any]:
    card = msgspec.json.decode(data, type=_Card)
    return {
        **msgspec.to_builtins(card.series),
        **{name: getattr(card, name) for name in ("strategy", "feature_set", "rows", "trials")},
        "verdict": card.verdict,
        "parent": card.parent,
        "created": iso(card.created),
        "first": iso(card.span_first),
        "last": iso(card.span_last),
        "card": data.decode(),
    }


def _posts(path: Path, version: str) -> str | None:
    """The aliases that point to a version, comma between them; None without any or without a whole file."""
    try:
        aliases = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return ", ".join(post for post in _POSTS if aliases.get(post) == version) or None
