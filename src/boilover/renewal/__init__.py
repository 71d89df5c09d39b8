"""How a model gives way to a newer one: challengers trained when they are due, and promoted if they pass."""
