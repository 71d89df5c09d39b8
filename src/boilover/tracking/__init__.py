"""Runs and models in MLflow; importing `boilover.tracking.runs` is what imports MLflow."""
