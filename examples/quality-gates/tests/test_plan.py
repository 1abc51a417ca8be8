from datetime import datetime

import pytest

from berths.plan import Conflict, Invalid, Plan


def at(hour: int) -> datetime:
    return datetime(2024, 5, 17, hour)


@pytest.fixture
def plan() -> Plan:
    return Plan(berths=2)


def test_a_free_berth_can_be_booked(plan):
    booking = plan.book("Aurora", 1, at(8), at(12))
    assert booking.number == 1
    assert plan.bookings == {1: booking}


def test_a_taken_berth_names_the_ship_that_lies_there(plan):
    plan.book("Aurora", 1, at(8), at(12))
    with pytest.raises(Conflict, match="Aurora lies at berth 1 until 17 May 12:00"):
        plan.book("Borealis", 1, at(11), at(13))


@pytest.mark.parametrize(
    "arrives, leaves, conflict",
    [
        (6, 8, False),
        (12, 14, False),
        (7, 9, True),
        (11, 13, True),
        (9, 10, True),
        (7, 13, True),
        (8, 12, True),
    ],
)
def test_ships_may_meet_at_the_minute_but_not_overlap(plan, arrives, leaves, conflict):
    plan.book("Aurora", 1, at(8), at(12))
    if conflict:
        with pytest.raises(Conflict):
            plan.book("Borealis", 1, at(arrives), at(leaves))
    else:
        assert plan.book("Borealis", 1, at(arrives), at(leaves)).berth == 1


def test_another_berth_is_no_conflict(plan):
    plan.book("Aurora", 1, at(8), at(12))
    assert plan.free(at(9), at(10)) == [2]
    plan.book("Borealis", 2, at(8), at(12))
    assert plan.free(at(9), at(10)) == []
    assert plan.free(at(12), at(13)) == [1, 2]


@pytest.mark.parametrize(
    "ship, berth, arrives, leaves, message",
    [
        (" ", 1, 8, 9, "no name"),
        ("Aurora", 0, 8, 9, "berth 0 does not exist"),
        ("Aurora", 3, 8, 9, "there are 1 to 2"),
        ("Aurora", 1, 9, 9, "before it arrives"),
    ],
)
def test_nonsense_is_refused(plan, ship, berth, arrives, leaves, message):
    with pytest.raises(Invalid, match=message):
        plan.book(ship, berth, at(arrives), at(leaves))


def test_a_canceled_booking_frees_its_berth(plan):
    booking = plan.book("Aurora", 1, at(8), at(12))
    assert plan.cancel(booking.number)
    assert not plan.cancel(booking.number)
    assert plan.free(at(8), at(12)) == [1, 2]
