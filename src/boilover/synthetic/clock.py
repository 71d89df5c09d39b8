"""Working time: a clock that runs by day, crawls by night and idles at weekends."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DAYTIME = (0.02,) * 6 + (0.2, 0.6) + (1.0,) * 10 + (0.6, 0.2, 0.2) + (0.05,) * 3
WEEKEND = 0.12


class WorkClock:
    """Translate working hours to hours on the wall since the desk's first midnight.

    The desk is simulated in working hours, in which people come, answer and lose patience at an even pace;
    on the wall that pace becomes the rhythm of days and weeks.

    Parameters
    ----------
    first_weekday : weekday of hour 0, Monday is 0.
    hours : how many hours on the wall the clock covers.
    """

    def __init__(self, first_weekday: int, hours: int) -> None:
        hour = np.arange(hours)
        weekend = (first_weekday + hour // 24) % 7 >= 5
        pace = np.array(DAYTIME)[hour % 24] * np.where(weekend, WEEKEND, 1.0)
        self.wall: Floats = np.arange(hours + 1, dtype=np.float64)
        self.working: Floats = np.concatenate([[0.0], np.cumsum(pace)])
        self._steps: list[float] = self.working.tolist()
        self.wall_per_working = float(hours / self.working[-1])

    def to_wall(self, working: Floats) -> Floats:
        """Return hours on the wall for working hours."""
        return np.interp(working, self.working, self.wall)

    def hour_of_day(self, working: float) -> int:
        """Return the hour on the wall, 0 to 23, at a moment in working hours."""
        return (bisect_right(self._steps, working) - 1) % 24
