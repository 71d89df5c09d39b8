"""Watching a model: does what it is asked still look like its training, how good is it, is another one better."""
