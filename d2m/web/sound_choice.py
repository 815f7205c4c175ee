"""The choice of the sound: by what a person hears, and for researchers level by level."""

from __future__ import annotations

import json
from dataclasses import dataclass

import gradio as gr

from d2m.core.levels import HIGH, LEVELS, LEVELS_AND_BASELINES, LOW, STUDIO, Level
from d2m.web.setting_widgets import PRIVATE


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A choice of levels, as people choose it.

    Parameters
    ----------
    label
        Its name, what a person hears, and how long it takes: for a clip of 10 s, analysed
        anew, on two otherwise idle cores (s, rounded; measured as in ``docs/speed.md``).
    levels
        Names of the levels that it makes.
    """

    label: str
    levels: tuple[str, ...]


SOUND_CHOICES = (
    Sound(
        label="Studio: real instruments, clear stereo (6 s)",
        levels=(STUDIO.name,),
    ),
    Sound(
        label="Neural high: rebuilt by a network, a little dull (6 s)",
        levels=(HIGH.name,),
    ),
    Sound(
        label="Neural low: rebuilt more finely, mono (6 s)",
        levels=(LOW.name,),
    ),
    Sound(
        label="Compare all three, side by side (11 s)",
        levels=tuple(LEVELS),
    ),
)
"""The sounds that are offered, the usual one first."""
_NAMES = [",".join(sound.levels) for sound in SOUND_CHOICES]
_TO_LEVELS = "(sound) => [sound.split(',')]"  # an array holds the value of each output
# Other combinations of levels are none of the sounds.
_TO_SOUND = """(levels) => {
  const all = ORDER.filter((name) => levels.includes(name)).join(',');
  return SOUNDS.includes(all) ? all : null;
}""".replace("ORDER", json.dumps(list(LEVELS_AND_BASELINES))).replace("SOUNDS", json.dumps(_NAMES))


class SoundChoice:
    """A choice of four sounds, and a list of all levels and baselines, which show the same.

    What is ticked in the list is what is made; a sound ticks its levels there.
    """

    def __init__(self) -> None:
        self.sound = gr.Radio(
            list(zip((sound.label for sound in SOUND_CHOICES), _NAMES, strict=True)),
            value=_NAMES[0],
            label="Sound",
            info="How it sounds, and about how long a 10 s clip takes.",
            elem_id="sound",
        )

    def add_levels(self) -> None:
        """Add the list of all levels, in the section for researchers."""
        self.levels = gr.CheckboxGroup(
            [(_label(level), name) for name, level in LEVELS_AND_BASELINES.items()],
            value=list(SOUND_CHOICES[0].levels),
            label="Levels and baselines",
            info="Everything ticked here is made. Choosing a sound above ticks its levels.",
            elem_id="levels",
        )
        self.sound.input(None, self.sound, self.levels, js=_TO_LEVELS, **PRIVATE)
        self.levels.input(None, self.levels, self.sound, js=_TO_SOUND, **PRIVATE)


def _label(level: Level) -> str:
    return f"{level.label}: {level.summary}"
