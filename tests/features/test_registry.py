"""Features by name, and the sets that models are trained on."""

import pytest

from ictcli.errors import UsageError
from ictcli.features.registry import FEATURES, SETS, WARMUP, find_set


@pytest.mark.jit_off
def test_no_two_columns_share_a_name() -> None:
    columns = [column.name for feature in FEATURES.values() for column in feature.columns]
    assert len(set(columns)) == len(columns) > 26


@pytest.mark.jit_off
def test_every_feature_of_a_set_is_registered_and_none_occurs_twice() -> None:
    for own in SETS.values():
        assert all(FEATURES[one.name] is one for one in own.features), own.name
        assert len(set(own.names)) == len(own.names)


@pytest.mark.jit_off
@pytest.mark.parametrize("name", list(SETS))
def test_a_set_is_found_by_its_name_and_drops_what_its_features_need(name: str) -> None:
    own = find_set(name)
    assert own.name == name
    assert own.summary
    assert own.warmup >= WARMUP
    assert all(own.warmup >= one.warmup for one in own.features)


@pytest.mark.jit_off
def test_an_unknown_set_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="unknown feature set 'core62'") as caught:
        find_set("core62")
    assert "Did you mean core26?" in (caught.value.hint or "")
    with pytest.raises(UsageError) as other:
        find_set("volume")
    assert "Known: core26" in (other.value.hint or "")


@pytest.mark.jit_off
@pytest.mark.parametrize("name", list(FEATURES))
def test_a_feature_explains_its_columns_and_starts_with_an_empty_state(name: str) -> None:
    one = FEATURES[name]
    assert one.summary
    assert all(column.formula for column in one.columns)
    state = one.init_state(one.params(), 60 * 10**9)
    assert state.dtype is one.state
    assert one.restore(state.tobytes()).tobytes() == state.tobytes()
    with pytest.raises(ValueError, match=f"not a {name} state"):
        one.restore(state.tobytes() + b"0")
