"""Songs: composed by rule for a style, arranged for a dance, rendered with a soundfont."""
