"""Figures of a desk: how often tickets escalate, when, which ones, what goes with it, and what becomes of them."""

from boilover.kpi.figures import Kpis, kpis

__all__ = ["Kpis", "kpis"]
