"""Pictures of a soundtrack: its beats beside the dance's, and its spectrogram.

Colours are Okabe and Ito's, which people of any colour vision can tell apart; letters
are large, because the pictures are mostly seen at the width of a phone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.grid import BEAT_TOLERANCE_S
from d2m.levels import SAMPLE_RATE
from d2m.librosa_import import load_librosa

DANCE_COLOUR, MUSIC_COLOUR, MATCH_COLOUR = "#0072B2", "#D55E00", "#009E73"
_INK = "#222222"
_CROWD = 50  # beats in a row above which lines must be thin to stay apart
_SIZE_IN, _DPI = (8.0, 4.7), 150
_STYLE: Any = {
    "font.size": 15,
    "figure.titlesize": 16,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "figure.constrained_layout.hspace": 0,
    "figure.constrained_layout.h_pad": 0.02,
}


def beat_plot(
    path: Path,
    *,
    title: str,
    duration_s: float,
    motion_envelope: NDArray[Any],
    envelope_rate: float,
    dance_beats_s: NDArray[Any],
    audio: NDArray[Any],
    sample_rate: int = SAMPLE_RATE,
    music_beats_s: NDArray[Any],
) -> str:
    """Draw the dance's beats over the music's, and which of them meet.

    Parameters
    ----------
    path
        PNG file to write.
    title
        First line over the picture.
    duration_s
        Length of the time axis (s).
    motion_envelope : (F,)
        How much the dancer moves, not negative, in any unit.
    envelope_rate
        Its values a second (Hz).
    dance_beats_s, music_beats_s : (B,), (M,)
        Ascending beat times (s).
    audio : (N,)
        The music, mono.
    sample_rate
        Its samples a second (Hz).

    Returns
    -------
    str
        What the picture shows, in words and numbers, for those who can't see it.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    dance, music = np.asarray(dance_beats_s, float), np.asarray(music_beats_s, float)
    pairs = _matches(dance, music)
    score = 2 * len(pairs) / (len(dance) + len(music)) if len(pairs) else 0.0
    onset, onset_rate = _onset_envelope(audio, sample_rate)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white", layout="constrained")
        upper, between, lower = figure.subplots(3, 1, sharex=True, height_ratios=(5, 1.6, 5))
        figure.suptitle(f"{title}\n{_summary(dance, music, score)}")
        _row(upper, motion_envelope, envelope_rate, dance, pairs[:, 0], DANCE_COLOUR)
        _row(lower, onset, onset_rate, music, pairs[:, 1], MUSIC_COLOUR)
        upper.set_ylabel("Dance", color=DANCE_COLOUR, fontweight="bold")
        lower.set_ylabel("Music", color=MUSIC_COLOUR, fontweight="bold")
        _bridges(between, dance[pairs[:, 0]], music[pairs[:, 1]])
        lower.set_xlabel("Time (s)")
        lower.set_xlim(0, max(duration_s, 1e-3))
        figure.savefig(path, format="png")
    return (
        f"Timeline of {duration_s:.1f} s: the dancer's movement with {_beats(dance)} above, "
        f"the music's onsets with {_beats(music)} below; {len(pairs)} meet within "
        f"{BEAT_TOLERANCE_S * 1000:.0f} ms (F-measure {score:.2f})."
    )


def spectrogram(
    path: Path, *, title: str, audio: NDArray[Any], sample_rate: int = SAMPLE_RATE
) -> str:
    """Draw the waveform and the log-mel spectrogram of a sound.

    Parameters
    ----------
    path
        PNG file to write.
    title
        First line over the picture.
    audio : (N,)
        Mono, at least one sample.
    sample_rate
        Samples a second (Hz).

    Returns
    -------
    str
        What the picture shows, in words and numbers, for those who can't see it.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    sound = np.asarray(audio, dtype=np.float32)
    duration_s = len(sound) / sample_rate
    level = load_librosa().power_to_db(_mel(sound, sample_rate), ref=1.0, amin=1e-8)
    top = float(level.max())
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white", layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1, 3))
        figure.suptitle(title)
        _draw_waveform(upper, sound, duration_s)
        shown = lower.imshow(
            level,
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=top - 70,
            vmax=top,
            extent=(0, duration_s, 0, len(level)),
        )
        _mel_ticks(lower, len(level), sample_rate)
        lower.set(xlabel="Time (s)", ylabel="Pitch (Hz)")
        figure.colorbar(shown, ax=lower, label="dB", pad=0.01)
        figure.savefig(path, format="png")
    rms = 10 * np.log10(max(float(np.mean(np.square(sound))), 1e-12))
    return (
        f"Waveform and mel spectrogram of {duration_s:.1f} s of sound, {rms:.0f} dBFS on "
        f"average, peak {float(np.abs(sound).max()):.2f} of full scale."
    )


def _matches(dance: NDArray[Any], music: NDArray[Any]) -> NDArray[np.int64]:
    """Return (P, 2) indices of dance and music beats that meet, each used once."""
    import mir_eval

    pairs = mir_eval.util.match_events(dance, music, BEAT_TOLERANCE_S)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _onset_envelope(audio: NDArray[Any], sample_rate: int) -> tuple[NDArray[Any], float]:
    """Return the onset strength (T,) of a sound and its rate (Hz)."""
    hop_length = 512
    sound = np.asarray(audio, dtype=np.float32)
    if not np.any(sound):
        return np.zeros(1 + len(sound) // hop_length), sample_rate / hop_length
    strength = load_librosa().onset.onset_strength(y=sound, sr=sample_rate, hop_length=hop_length)
    return np.asarray(strength), sample_rate / hop_length


def _tempo(beats_s: NDArray[Any]) -> str:
    if len(beats_s) < 2:
        return "no tempo"
    return f"{60 / float(np.median(np.diff(beats_s))):.0f} BPM"


def _beats(beats_s: NDArray[Any]) -> str:
    return f"{len(beats_s)} {'beat' if len(beats_s) == 1 else 'beats'} ({_tempo(beats_s)})"


def _summary(dance: NDArray[Any], music: NDArray[Any], score: float) -> str:
    return f"dance {_tempo(dance)} · music {_tempo(music)} · F {score:.2f}"


def _row(
    axes: Any,
    envelope: NDArray[Any],
    rate: float,
    beats_s: NDArray[Any],
    matched: NDArray[np.int64],
    colour: str,
) -> None:
    """Draw one row: its envelope, matched beats as full lines and the others dashed."""
    values = np.nan_to_num(np.asarray(envelope, dtype=float))
    # One high peak must not flatten the rest.
    height = float(np.quantile(values, 0.99)) if len(values) else 0.0
    values = np.clip(values / height, 0, 1) if height > 0 else values
    axes.fill_between(np.arange(len(values)) / rate, values, color=colour, alpha=0.3, lw=0)
    alone = np.setdiff1d(np.arange(len(beats_s)), matched)
    thin = 1.5 if len(beats_s) > _CROWD else 2.4
    axes.vlines(beats_s[matched], 0, 1.08, color=colour, lw=thin)
    axes.vlines(beats_s[alone], 0, 1.08, color=colour, lw=0.7 * thin, ls=(0, (2, 2)))
    axes.set(ylim=(0, 1.08), yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(bottom=False)


def _bridges(axes: Any, dance_s: NDArray[Any], music_s: NDArray[Any]) -> None:
    """Join the beats that meet, across the gap between the rows."""
    crowded = len(dance_s) > _CROWD
    for upper, lower in zip(dance_s, music_s, strict=True):
        line = {"color": MATCH_COLOUR, "lw": 1.8 if crowded else 3.2}
        axes.plot([upper, lower], [1, 0], solid_capstyle="butt", **line)
    if not crowded:
        centres = (dance_s + music_s) / 2
        axes.scatter(centres, np.full(len(centres), 0.5), color=MATCH_COLOUR, s=70)
    axes.set(ylim=(0, 1), yticks=[])
    axes.set_ylabel("match", color=MATCH_COLOUR, fontweight="bold", rotation=0, ha="right")
    axes.yaxis.label.set_verticalalignment("center")
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False)


def _mel(sound: NDArray[np.float32], sample_rate: int) -> NDArray[Any]:
    """Return the mel power spectrogram (96, T)."""
    mel = load_librosa().feature.melspectrogram(
        y=sound, sr=sample_rate, n_fft=1024, hop_length=256, n_mels=96
    )
    return np.asarray(mel)


def _draw_waveform(axes: Any, sound: NDArray[np.float32], duration_s: float) -> None:
    """Draw a waveform as the band between its least and greatest values."""
    edges = np.linspace(0, len(sound), min(len(sound), 800), endpoint=False).astype(int)
    times = edges / len(sound) * duration_s
    least, greatest = np.minimum.reduceat(sound, edges), np.maximum.reduceat(sound, edges)
    axes.fill_between(times, least, greatest, color=MUSIC_COLOUR, lw=0.5)
    reach = max(float(np.abs(sound).max()), 1e-3) * 1.05
    axes.set(ylim=(-reach, reach), yticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False)


def _mel_ticks(axes: Any, n_mels: int, sample_rate: int) -> None:
    """Label mel bands by their frequency."""
    centres = load_librosa().mel_frequencies(n_mels=n_mels, fmax=sample_rate / 2)
    shown = [hertz for hertz in (200, 1000, 4000) if hertz < sample_rate / 2]
    axes.set_yticks(np.interp(shown, centres, np.arange(n_mels) + 0.5))
    axes.set_yticklabels([f"{hertz // 1000}k" if hertz >= 1000 else str(hertz) for hertz in shown])
