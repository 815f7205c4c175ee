"""From the conditioning of a dance to a soundtrack, with the networks of one level."""
