"""The model: boosted trees with a linear partner, calibrated, for one or several horizons, saved as text."""
