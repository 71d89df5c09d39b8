"""The nightly job replayed over past nights: what it would have caught, when, and at what cost in flags."""

from boilover.backtest.figures import Costs
from boilover.backtest.result import Backtest
from boilover.backtest.run import Replay, backtest

__all__ = ["Backtest", "Costs", "Replay", "backtest"]
