"""Ranges of a search: which values, which trials, and what is refused before anything is played."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.config.records import Config
from ictcli.errors import UsageError
from ictcli.research.search.ranges import (
    MOST_TRIALS,
    SECTIONS,
    Axis,
    check_names,
    configured,
    make_space,
    parse_axis,
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=1:3:1", ("1", "2", "3")),
        ("a=0.1:0.4:0.1", ("0.1", "0.2", "0.3", "0.4")),
        ("a=1:2:0.4", ("1", "1.4", "1.8")),
        ("a=5:5:1", ("5",)),
        ("a=-1:1:1", ("-1", "0", "1")),
        ("a=100:300:100", ("100", "200", "300")),
        ("hold=bottom, middle", ("bottom", "middle")),
        ("windows=02:00-05:00|07:00-10:00,13:30-16:00", ("02:00-05:00", "07:00-10:00,13:30-16:00")),
    ],
)
def test_ranges_hold_both_ends_and_exact_steps(text: str, values: tuple[str, ...]) -> None:
    assert parse_axis(text).values == values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a", "is not NAME=a:b:s"),
        ("=1,2", "is not NAME=a:b:s"),
        ("a=", "is not NAME=a:b:s"),
        ("a=3:1:1", "is empty"),
        ("a=1:3:0", "no step above 0"),
        ("a=1:3:-1", "no step above 0"),
        ("a=1:nan:1", "no step above 0"),
        ("a=1:x:1", "no number"),
        ("a=1,1", "twice"),
        ("a=0:1:0.000001", "1,000,001 trials are more than 100,000"),
    ],
)
def test_ranges_that_are_none_are_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_axis(text)


def test_a_grid_holds_every_combination_once() -> None:
    space = make_space([Axis("a", ("1", "2")), Axis("b", ("x", "y", "z"))], None, 1)
    assert len(set(space.points)) == len(space.points) == 6
    assert space.values(space.points[4]) == {"a": "2", "b": "y"}


def test_no_axis_is_one_trial() -> None:
    assert make_space([], None, 1).points == ((),)


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    wanted=st.integers(1, 60),
    seed=st.integers(0, 5),
)
def test_random_points_are_different_points_of_the_grid(sizes: list[int], wanted: int, seed: int) -> None:
    axes = [Axis(f"p{i}", tuple(map(str, range(size)))) for i, size in enumerate(sizes)]
    whole = set(make_space(axes, None, 0).points)
    drawn = make_space(axes, wanted, seed).points
    assert len(set(drawn)) == len(drawn) == min(wanted, len(whole))
    assert set(drawn) <= whole
    assert drawn == make_space(axes, wanted, seed).points


def test_a_few_of_a_vast_grid_are_drawn_without_making_it() -> None:
    axes = [Axis(f"p{i}", tuple(map(str, range(1000)))) for i in range(5)]
    first, other = make_space(axes, 50, 1).points, make_space(axes, 50, 2).points
    assert len(set(first)) == 50
    assert set(first) != set(other)


def test_too_many_trials_are_refused_with_a_way_out() -> None:
    axes = [Axis(f"p{i}", tuple(map(str, range(1000)))) for i in range(2)]
    with pytest.raises(UsageError, match="1,000,000 trials") as refused:
        make_space(axes, None, 1)
    assert "--random" in refused.value.hint
    with pytest.raises(UsageError, match="more than"):
        make_space(axes, MOST_TRIALS + 1, 1)


def test_a_name_is_given_once() -> None:
    with pytest.raises(UsageError, match="twice"):
        make_space([Axis("a", ("1",)), Axis("a", ("2",))], None, 1)


@pytest.mark.parametrize(
    ("name", "near"),
    [("hld", "hold"), ("risk.het", "risk.heat"), ("fvg.hold", "hold"), ("backtest.seed", "")],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(UsageError, match="nothing to vary") as refused:
        check_names([Axis(name, ("1",))], ["hold", "max_bars"], ["fvg_retest"])
    assert near in refused.value.hint


def test_every_offered_key_exists_and_takes_its_default() -> None:
    config = Config()
    for section, names in SECTIONS.items():
        for name in names:
            axis = Axis(f"{section}.{name}", (str(getattr(getattr(config, section), name)).lower(),))
            assert configured(config, [axis], {axis.name: axis.values[0]}) == config


def test_a_config_key_changes_that_key_only() -> None:
    axes = [Axis("risk.heat", ("0.02",)), Axis("sizing.compound", ("false",)), Axis("hold", ("top",))]
    found = configured(Config(), axes, {axis.name: axis.values[0] for axis in axes})
    assert (found.risk.heat, found.sizing.compound) == (0.02, False)
    assert found.account == Config().account
    assert found.risk.per_trade == Config().risk.per_trade


def test_a_config_value_out_of_range_is_refused() -> None:
    with pytest.raises(UsageError, match=r"risk\.heat must be a number from 0 to 1"):
        configured(Config(), [Axis("risk.heat", ("7",))], {"risk.heat": "7"})
