"""What the page calls the files of a result, in the order in which it offers them."""

from __future__ import annotations

FILE_LABELS = {
    "mp4": "Video (MP4)",
    "wav": "Music (WAV)",
    "midi": "Notes (MIDI)",
    "csv": "Beat markers (CSV)",
    "lanes": "Score picture (PNG)",
    "png": "Beat plot (PNG)",
    "beats": "Beat video (MP4)",
    "original": "Original picture (MP4)",
}
"""Labels of the links that download files, by kind. Music without a score has no notes, beat
markers and score picture; the beat video is optional, and the original picture (HEVC, VP9 or
AV1, with the music) is there where the video had to be encoded for browsers."""
