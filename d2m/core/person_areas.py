"""Where people can be clicked in a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PersonArea:
    """Where a person can be clicked in a picture.

    Parameters
    ----------
    number
        Number of the person.
    left, top, right, bottom
        Ends of the box (px).
    """

    number: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def size(self) -> float:
        """Area (px^2)."""
        return (self.right - self.left) * (self.bottom - self.top)

    def contains(self, x: float, y: float) -> bool:
        """Return whether a pixel is inside."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def moved(self, dx: float, dy: float) -> PersonArea:
        """Return the area shifted (px)."""
        return PersonArea(
            number=self.number,
            left=self.left + dx,
            top=self.top + dy,
            right=self.right + dx,
            bottom=self.bottom + dy,
        )


def person_at(areas: tuple[PersonArea, ...], x: float, y: float) -> int | None:
    """Return the number of the person at a pixel, the one in front if boxes overlap; else None.

    Parameters
    ----------
    areas
        The areas of all people in all frames of a strip.
    x, y
        The pixel.
    """
    hit = [area for area in areas if area.contains(x, y)]
    return min(hit, key=lambda area: area.size).number if hit else None
