"""Which containers and codecs are accepted, by FFmpeg's names.

Accepted is what people's phones, cameras, recorders, editors and downloads hold, as far as it
can be decoded by code that reads nothing but the file: every container that only frames packets,
and codecs that millions of files use, so that their decoders have been fuzzed for years. Left
out are playlists and scripts, which name other files (HLS, DASH, concat, ASX), raw streams, which
FFmpeg recognises by chance, large demuxers of studios (MXF), codecs of games and of single
programs, decoders that are young (VVC, APV), and those whose pictures need more than decoding
(ProRes RAW). What is left out is named in the refusal. All of it runs behind the limits on
memory and time of `d2m.media.probe_sandbox` and of the worker processes.
"""

from __future__ import annotations

VIDEO_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,mpegts,mpeg,flv,asf,ogg,dv"
"""Containers accepted for video, by FFmpeg's names of their demuxers: those of phones, of screen
recorders and browsers, of camcorders (AVCHD is MPEG-TS; DVDs and MPEG-2 recorders write MPEG-PS;
DV) and of older downloads (FLV, WMV, OGV)."""
VIDEO_ENDINGS = (
    *("mp4", "m4v", "mov", "3gp", "3g2", "webm", "mkv", "avi", "gif", "mts", "m2ts", "m2t", "ts"),
    *("mpg", "mpeg", "vob", "dv", "flv", "f4v", "wmv", "asf", "ogv", "ogg"),
)
"""Usual endings of the names of such files; what counts is the content."""
AUDIO_FORMATS = f"{VIDEO_FORMATS},wav,flac,mp3,aac,aiff,w64,caf,amr,au,ape,wv,tta"
"""Containers accepted for audio, by FFmpeg's names of their demuxers."""
AUDIO_ENDINGS = (
    *(
        "mp3",
        "m4a",
        "aac",
        "wav",
        "flac",
        "ogg",
        "oga",
        "opus",
        "wma",
        "aif",
        "aiff",
        "mka",
        "weba",
    ),
    *("amr", "caf", "w64", "ape", "wv", "tta", "au"),
)
"""Usual endings of the names of audio files; what counts is the content."""
VIDEO_CODECS = frozenset(
    (
        *("h264", "hevc", "vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d"),
        *("mpeg4", "mpeg2video", "mpeg1video", "h261", "h263", "h263p", "h263i", "gif"),
        # Windows Media and what old AVI files hold.
        *("wmv1", "wmv2", "wmv3", "vc1", "msmpeg4v1", "msmpeg4v2", "msmpeg4", "cinepak"),
        *("flv", "vp6", "vp6f", "vp6a", "theora", "vp3", "svq1", "svq3", "qtrle", "rpza"),
        # RealVideo is common inside MKV.
        *("rv30", "rv40"),
        # Camcorders, editors and capture programs.
        *("mjpeg", "mjpegb", "dvvideo", "prores", "dnxhd", "cfhd"),
        *("ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "v210"),
    )
)
"""Video codecs accepted, by FFmpeg's names of their decoders."""
AUDIO_CODECS = frozenset(
    (
        *("aac", "aac_latm", "mp3float", "mp3", "mp2float", "mp2", "mp1float", "mp1"),
        *("opus", "libopus", "vorbis", "libvorbis", "speex"),
        *("flac", "alac", "ape", "tta", "wavpack"),
        # Films and discs; the lossless part of DTS-HD is decoded, too.
        *("ac3", "eac3", "dca", "truehd", "mlp", "pcm_bluray", "pcm_dvd", "s302m"),
        *("wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice"),
        # Telephones, old cameras and the web of the 2000s.
        *("amrnb", "amrwb", "gsm", "gsm_ms", "qcelp", "nellymoser", "cook"),
        *("qdm2", "mace3", "mace6", "dvaudio", "g726", "g722"),
        *("adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_swf", "adpcm_yamaha"),
        *("pcm_u8", "pcm_s8", "pcm_alaw", "pcm_mulaw", "pcm_s16le_planar"),
        *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
        *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"),
    )
)
"""Audio codecs accepted, by FFmpeg's names of their decoders."""
SAMPLE_RATES = 4_000, 384_000
"""Lowest and highest sample rate (Hz). At 1 Hz, a packet of a few kilobytes would become an hour of
audio. Chosen by hand, from below telephone speech to above studio recordings."""
