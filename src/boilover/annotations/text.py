"""What messages sound like: the measures of `boilover.schema.MEASURES`, of customers' messages."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.annotations.base import Annotations, annotates
from boilover.history import Floats
from boilover.schema import MEASURES


@annotates(*(column.name for column in MEASURES))
def measures(notes: Annotations) -> dict[str, Floats]:
    """Return each measure at customers' messages, NaN at other events and where it was not measured."""
    history = notes.history
    from_customer: npt.NDArray[np.bool_] = notes.flag("customer_message")
    return {column.name: np.where(from_customer, history.numbers(column.name), np.nan) for column in MEASURES}
