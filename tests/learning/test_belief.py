"""What the tripwire stops goes on only with a reason, which stays with the version and bars its promotion."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ictcli.config.records import TrainConfig
from ictcli.errors import DataError
from ictcli.features.matrix import Matrix
from ictcli.learning.bench import Bench
from ictcli.learning.keeping import TRAINING_FILE, next_of
from ictcli.learning.request import TrainRequest
from ictcli.learning.training import train
from ictcli.market.bars import Bars
from ictcli.models.predictor import load_predictor
from ictcli.models.promotion import check_gate
from ictcli.models.version import Version
from tests.learning.proofs.desk import M15, NOW, PROVENANCE, desk, only_version, registry
from tests.learning.proofs.null_worlds import Floats, walk

WHY = "the source stamps bars at their end"
PLAN = msgspec.convert({"models": ("logistic",), "folds": 3, "calibration": "identity"}, TrainConfig)
ASKED = TrainRequest(("EURUSD",), "", {}, M15, None, None, None, PLAN)


def third_bar(matrix: Matrix, bars: Bars) -> Floats:
    """A column that holds the return of the third bar after the decision."""
    closes = np.log(bars.close.astype(np.float64))
    values = matrix.values.copy()
    values[:-3, matrix.names.index("roll")] = np.diff(closes)[2:]
    return values


def asked(bench: Bench, believe: str, heard: list[str]) -> dict[str, Any]:
    request = replace(ASKED, believe=believe)
    found = train(request, bench, now=NOW, provenance=PROVENANCE, progress=lambda *_: None, tell=heard.append)
    model: dict[str, Any] = found["models"][0]
    return model


def test_an_implausible_result_goes_on_only_with_a_reason(tmp_path: Path) -> None:
    bench, heard = desk(tmp_path, walk(7, 3_000), third_bar), list[str]()
    with pytest.raises(DataError, match="column roll ranks the direction of the bar 3 bars ahead") as stopped:
        asked(bench, "", heard)
    assert "--believe REASON" in stopped.value.hint
    assert registry(bench) == []

    model = asked(bench, WHY, heard)
    line = f"Believed against the tripwire: {WHY} ({stopped.value.message})"
    assert any(line in said for said in heard)
    assert model["data"]["warnings"][0] == line
    assert model["believed"]["suspects"][0] == "roll"
    version = only_version(bench)
    assert msgspec.json.decode(version.read(TRAINING_FILE))["believed"]["reason"] == WHY
    assert (version.card.believed, version.card.reasons[0]) == (line, line)
    gate = check_gate(version, load_predictor)
    assert not gate.passed
    assert line in gate.reasons
    card = msgspec.structs.replace(version.card, verdict="edge")
    sure = Version(version.name, version.id, version.folder, card, version.sums)
    assert next_of(sure) == f"ictcli models promote {version.reference} --alias shadow"

    with pytest.raises(DataError, match="is there, but was believed against the tripwire"):
        asked(bench, "", heard)
    assert asked(bench, WHY, heard)["up_to_date"]


def test_without_anything_to_doubt_nothing_is_believed(tmp_path: Path) -> None:
    bench = desk(tmp_path, walk(7, 3_000))
    model = asked(bench, WHY, [])
    assert model["believed"] is None
    assert only_version(bench).card.believed == ""
    silent = "No trade: no probability out of sample reached a threshold"
    assert (silent in model["data"]["warnings"]) == (model["scores"]["taken"] == 0)
