"""From music to dance: "Dancing to Music" (Lee et al., NeurIPS 2019)."""
