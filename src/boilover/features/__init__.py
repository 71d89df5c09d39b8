"""Features: aggregates over the events that a point may see."""

from boilover.features.base import Aggregate, Feature, from_json, to_json
from boilover.features.columns import Attribute, Calendar, Difference, FieldState, Ratio, State
from boilover.features.defaults import default_features
from boilover.features.filters import Filter, Flag, Known, Match
from boilover.features.frame import compute
from boilover.features.lift import Lift
from boilover.features.primitives import Count, Decayed, Distinct, SinceLast
from boilover.features.valued import Last, Max, Mean, Min, Slope, Sum
from boilover.features.view import Sight

__all__ = [
    "Aggregate",
    "Attribute",
    "Calendar",
    "Count",
    "Decayed",
    "Difference",
    "Distinct",
    "Feature",
    "FieldState",
    "Filter",
    "Flag",
    "Known",
    "Last",
    "Lift",
    "Match",
    "Max",
    "Mean",
    "Min",
    "Ratio",
    "Sight",
    "SinceLast",
    "Slope",
    "State",
    "Sum",
    "compute",
    "default_features",
    "from_json",
    "to_json",
]
