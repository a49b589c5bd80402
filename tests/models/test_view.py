"""SQL sees every version of every model, the damaged ones too, and a catalog that lacks one is stale."""

import json
from pathlib import Path

from ictcli.models.promotion import Gate, promote
from ictcli.models.store import ModelStore, models_of
from ictcli.store.catalog import ask, connect
from ictcli.store.store import Store
from tests.models.sample_models import NOW, SECOND, card_of, files_of, stored

PASSED = Gate(passed=True, reasons=(), golden=0.0)


def workspace(tmp_path: Path) -> tuple[Store, ModelStore]:
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    return store, models_of(store)


def answer(store: Store, sql: str) -> list[tuple[object, ...]]:
    with connect(store) as connection:
        return [tuple(row.values()) for row in ask(store, connection, sql).read_all().to_pylist()]


def test_a_version_is_a_row_with_its_series_verdict_and_aliases(tmp_path: Path) -> None:
    store, models = workspace(tmp_path)
    first, second = stored(models, 1), stored(models, 2, verdict="no edge")
    promote(models, first, "champion", PASSED, now=NOW)
    promote(models, first, "shadow", PASSED, now=NOW)
    sql = "SELECT name, version, symbol, timeframe, rows, verdict, alias, damage FROM models ORDER BY version"
    assert answer(store, sql) == [
        ("gold", first.id, "XAUUSD", "M15", 5_000, "edge", "champion, shadow", None),
        ("gold", second.id, "XAUUSD", "M15", 5_000, "no edge", None, None),
    ]
    at = answer(store, f"SELECT epoch_ns(created) FROM models WHERE version = '{first.id}'")
    assert at == [(NOW + 60 * SECOND,)]
    card = answer(store, f"SELECT card->>'$.metrics.accuracy.value' FROM models WHERE version = '{first.id}'")
    assert float(str(card[0][0])) == 0.531


def test_a_damaged_card_is_a_row_that_says_so_and_hides_nothing_else(tmp_path: Path) -> None:
    store, models = workspace(tmp_path)
    first, second = stored(models, 1), stored(models, 2)
    path = first.folder / "card.json"
    path.chmod(0o644)
    for data in (b"{", b"{}", json.dumps({"created": "x"}).encode(), b"\xff"):
        path.write_bytes(data)
        found = answer(store, "SELECT version, verdict, damage IS NULL FROM models ORDER BY version")
        assert found == [(first.id, None, False), (second.id, "edge", True)]


def test_the_catalog_is_written_with_each_change_and_stale_after_one_by_hand(tmp_path: Path) -> None:
    store, models = workspace(tmp_path)
    made = models.create(card_of(1), files_of(1), NOW)
    assert not store.catalog.tend()
    promote(models, made, "champion", PASSED, now=NOW)
    assert not store.catalog.tend()
    (models.folder / "gold" / "aliases.json").unlink()
    assert store.catalog.tend()
