"""All conditions, in the order of the table."""

from __future__ import annotations

from tools.clip_conditions.condition import Condition

CONDITIONS: tuple[Condition, ...] = ()
"""Each topic's module defines its conditions; they are joined here."""
