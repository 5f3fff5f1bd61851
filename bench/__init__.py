"""What it costs: `python -m bench`."""
