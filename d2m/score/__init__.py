"""Songs composed by rule for each style, arranged for a dance and rendered with a soundfont."""
