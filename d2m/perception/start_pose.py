"""The pose in which a dance starts, from a photo or a clip of a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import PoseError
from d2m.media.clip import ClipLimits, normalise, read_frames
from d2m.media.clip_limits import display_name
from d2m.media.file_kinds import kind_of_file
from d2m.perception.mediapipe_graph import Image
from d2m.perception.person_search import body_size, open_person_search, torso_centre
from d2m.perception.stage import standing_person

FloatArray = NDArray[np.float64]

PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
"""Formats of photos that are read, by Pillow's names."""
MAX_PHOTO_BYTES = 50_000_000
"""Largest file of a photo (bytes). Chosen by hand: phones write up to 20 MB."""
MAX_PHOTO_PIXELS = 64_000_000
"""Largest photo (px): 50 megapixels of phones fit, and decoding stays under 200 MB. Chosen by
hand."""
PICTURE_SIDE = 1280
"""Longest side (px) to which photos are reduced. Chosen by hand."""
START_S, START_FPS = 4.0, 3.0
"""Length (s) of the start of a clip in which the person is searched, and rate (Hz) of the frames
that are looked at. Chosen by hand."""
CLEAR_VISIBILITY = 0.75
"""Mean visibility of the landmarks (0 to 1) from which a frame is good enough. Chosen by hand."""
_SIZE_SHARE = 0.5  # weight of distance from the picture's middle against size; chosen by hand
_NOBODY = (
    "Nobody was found in {}: choose a photo or clip in which a person is visible from head to foot."
)


def pose_in_picture(path: Path) -> FloatArray:
    """Return the pose of the most prominent person in a photo, or in the start of a clip.

    Depth is MediaPipe's estimate. The person keeps the direction in which they face.

    Parameters
    ----------
    path
        A photo (JPEG, PNG, WebP or AVIF), or a clip, of which the first clear frame counts.

    Returns
    -------
    (17, 3)
        COCO-17 joints in torso lengths: x right, y down, z towards the camera. The lower ankle
        is at y = 0, the middle of the hips at x = z = 0.

    Raises
    ------
    PoseError
        If the photo can't be read or is too large, or nobody is visible.
    VideoError
        If the file is neither a photo nor a clip that can be read.
    """
    picture = _read_picture(path)
    pictures = iter([picture]) if picture is not None else _first_frames(path)
    best, clearest = None, 0.0
    with open_person_search() as search:
        for image in pictures:
            people = [pose.values for pose in search.search(image)]
            if not people:
                continue
            person = max(people, key=lambda values: _prominence(values, image))
            clear = float(person[:, 6].mean())
            if best is None or clear > clearest:
                best, clearest = person, clear
            if clearest >= CLEAR_VISIBILITY:
                break
    if best is None:
        raise PoseError(_NOBODY.format(display_name(path)))
    return standing_person(best[:, :3], best[:, 3:6])


def _prominence(values: FloatArray, image: Image) -> float:
    """Return how large and central a person (33, 7) is in a picture."""
    middle = np.array([image.shape[1] / image.shape[0], 1.0]) / 2
    aside = float(np.linalg.norm((torso_centre(values) - middle) / middle))
    return body_size(values) * (1 - _SIZE_SHARE * min(1.0, aside))


def _read_picture(path: Path) -> Image | None:
    """Return a photo (H, W, 3) RGB, upright and reduced; None if the file is no photo."""
    from PIL import Image as Pillow
    from PIL import ImageOps, UnidentifiedImageError

    if not path.is_file():
        raise PoseError(
            f"There is no file named {display_name(path)}: check the name of the start pose."
        )
    try:
        with Pillow.open(path, formats=PICTURE_FORMATS) as picture:
            _check_size(path, picture.width * picture.height)
            picture.draft("RGB", (PICTURE_SIDE, PICTURE_SIDE))
            picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    except UnidentifiedImageError:
        if "picture" in kind_of_file(path):
            raise PoseError(
                f"The picture {display_name(path)} can't be read: save it as JPEG, PNG or WebP."
            ) from None
        return None
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise PoseError(
            f"The picture {display_name(path)} is damaged: save it again as JPEG, PNG or WebP."
        ) from error


def _check_size(path: Path, pixels: int) -> None:
    if pixels > MAX_PHOTO_PIXELS or path.stat().st_size > MAX_PHOTO_BYTES:
        raise PoseError(
            f"The picture {display_name(path)} is too large ({pixels / 1e6:.0f} megapixels, "
            f"{path.stat().st_size / 1e6:.0f} MB): choose one of at most "
            f"{MAX_PHOTO_PIXELS / 1e6:.0f} megapixels and {MAX_PHOTO_BYTES / 1e6:.0f} MB."
        )


def _first_frames(path: Path) -> Iterator[Image]:
    """Yield frames (H, W, 3) RGB of the start of a clip."""
    with TemporaryDirectory() as folder:
        start = Path(folder) / "start.mp4"
        limits = ClipLimits(min_duration_s=0.0)
        normalise(path, start, limits=limits, length_s=START_S)
        for _, frame in read_frames(start, fps=START_FPS):
            yield frame
