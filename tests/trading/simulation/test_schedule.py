"""Virtual time moves only when told, and in order."""

from ictcli.trading.simulation.schedule import Schedule


def test_what_is_planned_happens_on_the_way_and_in_order() -> None:
    schedule = Schedule(100)
    seen: list[tuple[str, int]] = []
    schedule.plan(30, lambda: seen.append(("late", schedule.now)))
    schedule.plan(10, lambda: seen.append(("early", schedule.now)))
    schedule.plan(10, lambda: seen.append(("as early, planned later", schedule.now)))
    schedule.wait(20)
    assert seen == [("early", 110), ("as early, planned later", 110)]
    assert schedule.now == 120
    schedule.wait(10)
    assert seen[-1] == ("late", 130)


def test_an_action_can_plan_another_within_the_same_wait() -> None:
    schedule = Schedule(0)
    seen: list[int] = []

    def again() -> None:
        seen.append(schedule.now)
        if len(seen) < 3:
            schedule.plan(5, again)

    schedule.plan(5, again)
    schedule.wait(100)
    assert seen == [5, 10, 15]
