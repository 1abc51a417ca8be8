"""The plan of a harbour: bookings of berths, of which no two may overlap."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count


class Conflict(Exception):
    """The berth is taken at that time."""


class Invalid(Exception):
    """The booking makes no sense."""


@dataclass(frozen=True)
class Booking:
    number: int
    ship: str
    berth: int
    arrives: datetime
    leaves: datetime

    def overlaps(self, arrives: datetime, leaves: datetime) -> bool:
        # A berth is free again at the minute its ship leaves.
        return self.arrives < leaves and arrives < self.leaves


@dataclass
class Plan:
    berths: int
    bookings: dict[int, Booking] = field(default_factory=dict)
    _numbers: count = field(default_factory=lambda: count(1))

    def book(self, ship: str, berth: int, arrives: datetime, leaves: datetime) -> Booking:
        if not ship.strip():
            raise Invalid("the ship has no name")
        if not 1 <= berth <= self.berths:
            raise Invalid(f"berth {berth} does not exist; there are 1 to {self.berths}")
        if arrives >= leaves:
            raise Invalid("the ship would leave before it arrives")
        for other in self.bookings.values():
            if other.berth == berth and other.overlaps(arrives, leaves):
                raise Conflict(
                    f"{other.ship} lies at berth {berth} until {other.leaves:%d %b %H:%M}"
                )
        booking = Booking(next(self._numbers), ship.strip(), berth, arrives, leaves)
        self.bookings[booking.number] = booking
        return booking

    def cancel(self, number: int) -> bool:
        return self.bookings.pop(number, None) is not None

    def free(self, arrives: datetime, leaves: datetime) -> list[int]:
        taken = {b.berth for b in self.bookings.values() if b.overlaps(arrives, leaves)}
        return [n for n in range(1, self.berths + 1) if n not in taken]
