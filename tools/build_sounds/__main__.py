"""Builds ``d2m/score/sounds``: ``python tools/build_sounds``.

Needs the files of the Debian packages ``musescore-general-soundfont`` and
``sonic-pi-samples``. Nobody needs to run it to use the project: its result is committed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import soundfile as sf

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import notice  # noqa: E402
import origins  # noqa: E402
import takes as tk  # noqa: E402
from kits import Shelf  # noqa: E402
from recipes import RECIPES, Recipe  # noqa: E402
from recording import effects, kit, pitched  # noqa: E402
from soundfont import SoundFont  # noqa: E402
from voice import play  # noqa: E402

from d2m.score import instruments as gm  # noqa: E402

FONT = Path("/usr/share/sounds/sf3/MuseScore_General_Full.sf3")
SAMPLES = Path("/usr/share/sonic-pi/samples")
HISSING = (*gm.KITS, "effects")
MACHINE_KITS = ("kit_808", "kit_electro", "kit_house")
OUT = ROOT / "d2m" / "score" / "sounds"


class _Writer:
    """Writes takes to files. A take that an earlier instrument has isn't written twice."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._known: dict[tuple, tuple[str, int]] = {}

    def zones(self, name: str, made: list[tk.Take], bits: int) -> list[dict]:
        """Write an instrument, mono and stereo takes to a file each; return its zones."""
        zones = []
        for channels in sorted({take.audio.shape[0] for take in made}):
            file = f"{name}.{'stereo' if channels == 2 else 'mono'}.flac"
            pieces: list[np.ndarray] = []
            for take in made:
                if take.audio.shape[0] != channels:
                    continue
                peak = float(np.abs(take.audio).max())
                # Low bits that are inaudible beneath the sound would take half of the space.
                steps = 2 ** ((11 if _hissing(take) and name in HISSING else bits) - 1)
                audio = np.round(take.audio / peak * 0.95 * steps).astype(np.int16)
                key = (audio.tobytes(), take.rate)
                if key not in self._known:
                    self._known[key] = file, sum(piece.shape[1] for piece in pieces)
                    pieces.append(audio * (2**15 // steps))
                zones.append(_zone(take, *self._known[key], peak))
            if pieces:
                whole = np.concatenate(pieces, axis=1).T
                sf.write(self._out / file, whole, made[0].rate, subtype="PCM_16",
                         compression_level=1.0)  # fmt: skip
        return zones


def _hissing(take: tk.Take) -> bool:
    """Return whether a drum or an effect is mostly noise or metal, which hides other noise."""
    spectrum = np.abs(np.fft.rfft(take.audio.sum(axis=0))) ** 2
    hz = np.fft.rfftfreq(take.audio.shape[1], 1 / take.rate)
    return take.loop is None and float(spectrum @ hz / spectrum.sum()) > 3500


def _zone(take: tk.Take, file: str, start: int, peak: float) -> dict:
    gain_db = take.gain_db + 20 * float(np.log10(peak / 0.95))
    return {
        "file": file, "start": start, "frames": take.audio.shape[1], "root": take.root,
        "low": take.low, "high": take.high, "softest": take.softest, "loudest": take.loudest,
        "gain_db": round(gain_db, 2), "lead": take.lead, "loop": take.loop,
        "pan": take.pan, "choke": take.choke, "fits": take.fits,
    }  # fmt: skip


def _entry(name: str, recipe: Recipe, zones: list[dict], rate: int, found: list[dict]) -> dict:
    kit_like = name in gm.KITS or name == "effects"
    return {
        "kind": "kit" if name in gm.KITS else "effects" if name == "effects" else "pitched",
        "rate": rate,
        "release_s": recipe.release_s,
        "single": recipe.single,
        "curve": 1.7 if kit_like else recipe.curve,
        "brightness_db": 9.0 if name in gm.KITS else 0.0 if kit_like else recipe.brightness_db,
        "variation": _variation(name, recipe),
        "spread": recipe.spread,
        "origins": found,
        "zones": zones,
    }


def _variation(name: str, recipe: Recipe) -> float:
    """Return how much repeated notes differ: machines repeat themselves, people don't."""
    if name in gm.KITS:
        return 0.3 if name in MACHINE_KITS else 1.0
    return 0.0 if recipe.synthesis or name == "effects" else 1.0


class _Builder:
    """Builds instruments with both sources at hand."""

    def __init__(self, font: Path, samples: Path, out: Path) -> None:
        self._font, self._samples = SoundFont(font), samples
        self._writer = _Writer(out)
        self._played: dict[tuple, np.ndarray] = {}

    def _note(self, preset: tuple[int, int], key: int, velocity: int, seconds: float) -> np.ndarray:
        wanted = (preset, key, velocity, seconds)
        if wanted not in self._played:
            self._played[wanted] = play(self._font, *wanted)
        return self._played[wanted]

    def _file(self, name: str) -> np.ndarray:
        audio, rate = sf.read(self._samples / f"{name}.flac", always_2d=True)
        if rate != tk.RATE:
            raise ValueError(f"{name} has {rate} Hz.")
        return np.repeat(audio.T, 2, axis=0)[:2] if audio.shape[1] == 1 else audio.T

    def entry(self, name: str) -> dict:
        """Record and write an instrument; return its entry of the index."""
        shelf = Shelf(self._note, self._file)
        recipe = RECIPES.get(name, Recipe())
        if name in gm.KITS:
            made = kit(shelf, name)
            shelf.taken.add("own")
        elif name == "effects":
            made = effects(shelf)
            shelf.taken.add("own")
        else:
            made = pitched(self._font, name, recipe)
            shelf.taken.add("own" if recipe.synthesis else "MuseScore_General")
        zones = self._writer.zones(name, made, recipe.bits)
        found = origins.of_takes(name, shelf.taken, self._samples / "README.md")
        return _entry(name, recipe, zones, made[0].rate, found)


def main() -> None:
    """Build all instruments, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="instruments to build; all if none")
    parser.add_argument("--font", type=Path, default=FONT)
    parser.add_argument("--samples", type=Path, default=SAMPLES)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    index = options.out / "index.json"
    known = json.loads(index.read_text())["instruments"] if index.exists() else {}
    for file in () if options.names else options.out.glob("*.flac"):
        file.unlink()
    builder = _Builder(options.font, options.samples, options.out)
    names = options.names or list(gm.INSTRUMENTS)
    if any(name in gm.KITS for name in names):  # kits share recordings
        names = [*gm.KITS, *(name for name in names if name not in gm.KITS)]
    for name in names:
        known[name] = builder.entry(name)
        seconds = sum(zone["frames"] for zone in known[name]["zones"]) / known[name]["rate"]
        size = sum(file.stat().st_size for file in options.out.glob(f"{name}.*flac"))
        sys.stdout.write(f"{name:18s} {seconds:6.1f} s {size / 1e6:6.2f} MB\n")
        sys.stdout.flush()
    ordered = {name: known[name] for name in gm.INSTRUMENTS if name in known}
    text = json.dumps({"format": 1, "instruments": ordered}, separators=(",", ":"))
    index.write_text(text.replace('"zones":[', '"zones":[\n').replace("},{\"file", "},\n{\"file")
                     .replace("]},\"", "]},\n\"") + "\n", encoding="utf-8")  # fmt: skip
    if options.out.resolve() == OUT:
        (ROOT / "NOTICE").write_text(notice.text(ordered), encoding="utf-8")
    total = sum(file.stat().st_size for file in options.out.iterdir())
    sys.stdout.write(f"{total / 1e6:.1f} MB in all\n")


if __name__ == "__main__":
    main()
