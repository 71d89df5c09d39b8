"""Boilover predicts which open support tickets are about to escalate."""

__version__ = "0.1.0"
