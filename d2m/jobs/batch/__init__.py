"""Music for many clips: from a folder, a manifest or a bucket to one row and one folder a clip.

A clip is finished when its folder with ``row.json`` is in the target. Folders appear complete or
not at all, so a batch that was killed goes on by the same command.
"""
