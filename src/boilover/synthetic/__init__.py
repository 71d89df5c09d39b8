"""A support desk that never was: an event log from a seed, for demos, tests and benchmarks.

The simulation runs forward in time, ticket by ticket: whatever happens is drawn from what has happened
before, so that a log cut at any moment is what the desk looked like then. Tickets escalate when a customer's
patience runs out; the hazard (`boilover.synthetic.hazard`) rests on waiting, handoffs, reopens, tone,
priority, queue and the customer's temper, which only history betrays, and on luck, which nobody can predict.
"""

from boilover.synthetic.desk import synthetic_desk

__all__ = ["synthetic_desk"]
