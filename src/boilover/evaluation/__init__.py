"""How good the risks are: figures with intervals, the peers beside them, and a verdict in plain words."""
