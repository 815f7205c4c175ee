"""Measure the beats of a sound: how right they are, and which sounds are taken as a clock."""
