"""The speed of every stage, measured beside its peers on logs that are made up from a seed."""
