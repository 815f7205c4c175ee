"""Which containers and codecs are accepted, by FFmpeg's names."""

from __future__ import annotations

VIDEO_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif"
"""Containers accepted for video, by FFmpeg's names of their demuxers."""
AUDIO_FORMATS = f"{VIDEO_FORMATS},wav,flac,ogg,mp3,aac"
"""Containers accepted for audio, by FFmpeg's names of their demuxers."""
VIDEO_CODECS = frozenset(
    (
        *("h264", "hevc", "vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d"),
        *("mpeg4", "mpeg2video", "mpeg1video", "h263", "mjpeg", "prores", "gif"),
    )
)
"""Video codecs accepted, by FFmpeg's names of their decoders."""
AUDIO_CODECS = frozenset(
    (
        *("aac", "mp3float", "mp3", "mp2float", "mp2", "opus", "libopus", "vorbis", "libvorbis"),
        *("flac", "alac", "ac3", "eac3", "amrnb", "amrwb", "pcm_u8", "pcm_alaw", "pcm_mulaw"),
        *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
        *("pcm_f32le", "pcm_f32be", "pcm_f64le", "adpcm_ms", "adpcm_ima_wav"),
    )
)
"""Audio codecs accepted, by FFmpeg's names of their decoders."""
