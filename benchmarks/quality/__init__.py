"""The quality of predictions, measured through the command line as an outside judge would."""
