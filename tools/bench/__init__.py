"""Time whole jobs on three kinds of clip, against the time that MediaPipe Pose alone takes.

    make bench
    make bench-compare REF=main~5

`tools/bench/measured_job.py` runs one job in a process of its own, in this version of the
project or another one; `tools/bench/floor.py` times the pose network alone.
"""
