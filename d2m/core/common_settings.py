"""The settings that all levels share: part of the clip, beat, sound, weights."""

from __future__ import annotations

from dataclasses import dataclass

from d2m.core.setting_fields import Kind, setting
from d2m.core.styles import AUTO, STYLES

COMPACT = "compact"
"""Name of the family of weights that comes with the project."""
MAX_PEOPLE = 6
"""Largest number of people that are found in a clip and can be chosen; chosen by hand."""
ALL_DANCERS = "all"
"""Value of the setting `CommonSettings.dancer` that follows the whole group."""
MAX_VARIATIONS = 8
"""Most variations that a job makes; chosen by hand, so that a job ends while a person waits."""
_LONGEST_S = 36_000.0
"""Latest start and greatest length that make sense to ask for (s): ten hours."""


@dataclass(frozen=True, kw_only=True)
class CommonSettings:
    """How music is made for a clip, at any level.

    Each field describes itself (`d2m.core.setting_fields.SettingField`): its label, help, unit
    and range are defined here and nowhere else.

    Parameters
    ----------
    style
        Name of a style, or ``"auto"`` for the one that suits the dance.
    seed
        Chooses the song, the same at all levels. The same settings normally give the same
        samples on the same machine. The published D2M-GAN weights ignore the seed: they have one
        answer to a dance.
    variations
        Number of different pieces that are made of each level, with consecutive seeds.
    start_s, length_s
        The part of the clip to use (s); without a length, up to its end.
    dancer
        Whom the music follows in a clip of several people: ``"1"`` to ``"6"`` for one of them,
        numbered by prominence, ``"all"`` for the group, ``"auto"`` for number 1.
    beats
        Where the beats come from: ``"sound"`` for the clip's own sound, ``"dance"`` for the
        movement, ``"auto"`` for the sound if it is music with a steady beat, else the movement.
    tempo_bpm
        Tempo (BPM) to use instead of the one found.
    tempo_scale
        ``"half"`` keeps every second beat, ``"double"`` adds one between two, ``"found"`` leaves
        them.
    shift_beats
        How far the beats are moved later (beats).
    beat_shift_ms
        Time by which the beats are moved later (ms), besides.
    taps_s
        Times (s) in the part at which a person tapped the beat. Tempo and beats follow them
        instead of sound and movement.
    response
        How strongly the movement steers the music: 0 not at all, 1 as learned, 2 twice.
    original
        Volume of the clip's own sound under the music, from 0 (off) to 1.
    ducking
        Whether the music becomes softer where somebody speaks or shouts in the clip's own sound,
        see `d2m.audio.ducking.ducking_curve`.
    denoise
        Whether to remove hiss from the levels high and low.
    loudness
        Whether to bring the levels high and low to -14 LUFS; the studio version always has it.
    overlay
        Whether to write a second video that shows the beats of dance and music.
    weights
        Family of weights, see ``python -m d2m weights list``.
    """

    style: str = setting(
        AUTO,
        kind=Kind.CHOICE,
        label="Style",
        help="Dance style that the music is made for.",
        section="music",
        choices=(
            ("Match the dance", AUTO),
            *((style.label, style.name) for style in STYLES.values()),
        ),
    )
    seed: int = setting(
        0,
        kind=Kind.INTEGER,
        label="Seed",
        help="A different seed gives a different piece.",
        section="music",
        minimum=0,
    )
    variations: int = setting(
        1,
        kind=Kind.INTEGER,
        label="Number of variations",
        help="How many different pieces are made.",
        section="music",
        minimum=1,
        maximum=MAX_VARIATIONS,
    )
    start_s: float = setting(
        0.0,
        kind=Kind.NUMBER,
        label="Start",
        help="Where the part to use begins.",
        section="part",
        unit="s",
        minimum=0.0,
        maximum=_LONGEST_S,
    )
    length_s: float | None = setting(
        None,
        kind=Kind.OPTIONAL_NUMBER,
        label="Length",
        help="How long the part is.",
        empty_help="0 uses everything up to the end.",
        section="part",
        unit="s",
        minimum=0.0,
        maximum=_LONGEST_S,
    )
    dancer: str = setting(
        AUTO,
        kind=Kind.CHOICE,
        label="Dancer",
        help="The dancer whom the music follows if there are several.",
        section="part",
        choices=(
            ("Most prominent", AUTO),
            *((f"Dancer {number}", str(number)) for number in range(1, MAX_PEOPLE + 1)),
            ("Everyone", ALL_DANCERS),
        ),
    )
    beats: str = setting(
        AUTO,
        kind=Kind.CHOICE,
        label="Beat source",
        help="What the beat is taken from: the clip's own sound or the movement.",
        section="beat",
        choices=(
            ("The sound if steady, else the dance", AUTO),
            ("The clip's own sound", "sound"),
            ("The dance", "dance"),
        ),
    )
    tempo_bpm: float | None = setting(
        None,
        kind=Kind.OPTIONAL_NUMBER,
        label="Tempo",
        help="Overrides the detected tempo.",
        empty_help="0 keeps the detected tempo.",
        section="beat",
        unit="BPM",
        minimum=30.0,
        maximum=300.0,
    )
    tempo_scale: str = setting(
        "found",
        kind=Kind.CHOICE,
        label="Tempo multiplier",
        help="Halves or doubles the detected tempo.",
        section="beat",
        choices=(("As detected", "found"), ("Half tempo", "half"), ("Double tempo", "double")),
    )
    shift_beats: float = setting(
        0.0,
        kind=Kind.NUMBER,
        label="Shift",
        help="Moves the beats by a fraction of a beat: later if positive, earlier if negative.",
        section="beat",
        unit="beats",
        flag="shift-beats",
        minimum=-0.5,
        maximum=0.5,
        step=0.25,
    )
    beat_shift_ms: float = setting(
        0.0,
        kind=Kind.NUMBER,
        label="Shift",
        help="Moves the beats by milliseconds: later if positive, earlier if negative.",
        section="beat",
        unit="ms",
        minimum=-500.0,
        maximum=500.0,
        step=5.0,
    )
    taps_s: tuple[float, ...] = setting(
        (),
        kind=Kind.TIMES,
        label="Tapped beats",
        help="Times of the beats, such as 0.52 1.03 1.55 2.06. They override the detected beats.",
        section="beat",
        unit="s",
        parameter="taps",
    )
    response: float = setting(
        1.0,
        kind=Kind.NUMBER,
        label="Reaction to movement",
        help="How strongly the movement shapes the music: 0 not at all, 1 normally, 2 twice.",
        section="sound",
        minimum=0.0,
        maximum=2.0,
        step=0.1,
    )
    original: float = setting(
        0.0,
        kind=Kind.NUMBER,
        label="Original sound",
        help="Volume of the clip's own sound under the music, in the video.",
        section="sound",
        minimum=0.0,
        maximum=1.0,
        step=0.05,
    )
    ducking: bool = setting(
        False,
        kind=Kind.SWITCH,
        label="Lower the music under voices",
        help="Lowers the music where somebody speaks or shouts in the clip's own sound.",
        section="sound",
    )
    denoise: bool = setting(
        False,
        kind=Kind.SWITCH,
        label="Reduce hiss (high and low)",
        help="Reduces hiss at the levels high and low; the bundled networks make little.",
        section="sound",
    )
    loudness: bool = setting(
        True,
        kind=Kind.SWITCH,
        label="Streaming loudness (high and low)",
        help="Brings the levels high and low to -14 LUFS, as streaming services play it.",
        section="sound",
    )
    overlay: bool = setting(
        False,
        kind=Kind.SWITCH,
        label="Add a beat video",
        help="Also makes a video that shows the beats of the dance and the music.",
        section="sound",
    )
    weights: str = setting(
        COMPACT,
        kind=Kind.CHOICE,
        label="Weights",
        help="Trained networks to use; `weights list` shows which are installed.",
        section="weights",
    )
