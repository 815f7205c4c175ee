"""The benchmark: measures the bundled weights and writes the evaluation report."""
