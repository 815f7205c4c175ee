"""What every stage shares: errors, levels, styles, settings, the metrical grid, progress."""
