"""The training of the paper's networks (Zhu et al., ECCV 2022, Sec. 3 and 4)."""
