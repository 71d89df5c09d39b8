"""Delivery: what happened to flags is told to people and systems, each happening once, whatever fails on the way."""

from boilover.delivery.channels import Channel, shown
from boilover.delivery.deliver import Delivered, deliver
from boilover.delivery.notices import Notice, happenings
from boilover.delivery.post import sign, verify
from boilover.delivery.settings import parse_channels

__all__ = [
    "Channel",
    "Delivered",
    "Notice",
    "deliver",
    "happenings",
    "parse_channels",
    "shown",
    "sign",
    "verify",
]
