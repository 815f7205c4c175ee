"""The benchmark: how good the bundled weights are, measured and written down."""
