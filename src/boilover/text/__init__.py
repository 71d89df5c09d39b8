"""What the text of a message says, measured once per message when it is read."""

from boilover.text.measures import measure_texts, with_measures

__all__ = ["measure_texts", "with_measures"]
