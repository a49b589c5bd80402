"""A workspace of a simulated market in which two models were trained on its older bars."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ictcli.__main__ import run
from ictcli.models.store import ModelStore
from ictcli.models.version import Version
from ictcli.store.store import Store
from ictcli.workspace import create

SOURCE, SYMBOL, STRATEGY = "sim", "EURUSD", "fvg_retest"
DIRECTION, JUDGE = "EURUSD-M5-barriers", "EURUSD-M5-fvg_retest"
SEEN, NEW = "2024-01-15", "2024-01-15T00:00Z"
"""Bars before it are those of the training."""
PARAMS = ("--strategy", STRATEGY, "--param", "windows=")


def make_desk(folder: Path) -> None:
    """Fetch three weeks and learn from the first two of them."""
    create(folder)
    config = folder / "config" / "ictcli.toml"
    few = "embargo = 0.0"  # two weeks have no room for what features look back
    config.write_text(
        re.sub(r"# ?embargo = 0\.01", few, config.read_text(encoding="utf-8")), encoding="utf-8"
    )
    assert few in config.read_text(encoding="utf-8")
    at = ("-w", str(folder))
    span = ("--start", "2024-01-01", "--end", "2024-01-24")
    assert run([*at, "fetch", SYMBOL, "XAUUSD", "--source", SOURCE, *span, "-q"]) == 0
    learn = ("--model", "logistic", "--folds", "2", "--every", "3", "--end", SEEN, "-q")
    judging = ("--calibration", "identity")  # few events: any other would say one number of all of them
    assert run([*at, "train", SYMBOL, "-t", "M5", *learn]) == 0
    assert run([*at, "train", SYMBOL, "-t", "M5", *learn[:4], *learn[6:], *PARAMS, *judging]) == 0


def models(desk: Path) -> ModelStore:
    """The models of a workspace."""
    return ModelStore(desk / "data" / "models", desk / "state" / "locks" / "models.lock")


def store_of(desk: Path) -> Store:
    """The bars of a workspace."""
    return Store(desk / "data", desk / "state", 0)


def variant(
    desk: Path, origin: str, name: str, own: Mapping[str, bytes] | None = None, **card: Any
) -> Version:
    """A version with the files of the latest one of ``origin`` but ``own``, and another card."""
    found = models(desk).load(origin, "latest")
    files = {file: found.read(file) for file in found.files} | dict(own or {})
    changed = msgspec.structs.replace(found.card, name=name, **card)
    return models(desk).create(changed, files, found.card.created)
