"""The life of a model: does what it is asked still look like its training, how good is it, which one serves."""
