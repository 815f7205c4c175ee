"""The settings as JSON schemas: what HTTP and MCP say about each parameter."""

from __future__ import annotations

from typing import Any

from d2m.core.levels import DEFAULT_LEVELS, LEVEL_CHOICES
from d2m.core.setting_fields import Kind, SettingField

Schema = dict[str, Any]
"""A JSON schema."""

_TYPES = {
    Kind.SWITCH: "boolean",
    Kind.CHOICE: "string",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "number",
}
LEVELS_SCHEMA: Schema = {
    "type": "string",
    "default": DEFAULT_LEVELS,
    "description": (
        "How the music is made: studio (sampled instruments), high or low (the same piece, rebuilt "
        "by a neural network), both for high and low, all, or a list such as studio,high. "
        "Baselines to compare with: "
        f"{', '.join(LEVEL_CHOICES[LEVEL_CHOICES.index('all') + 1 :])}."
    ),
}
"""What is said about the levels, see `d2m.core.levels.levels_named`."""


def field_schema(field: SettingField) -> Schema:
    """Return the schema of a setting: type, range, default, and what it does."""
    about = {"description": _description(field)}
    if field.kind is Kind.OPTIONAL_NUMBER:
        number = {"type": "number", "maximum": field.maximum}
        return {**about, "anyOf": [number, {"type": "null"}], "default": None}
    if field.kind is Kind.TIMES:
        times = {"type": "array", "items": {"type": "number"}}
        return {**about, "anyOf": [{"type": "string"}, times], "default": ""}
    schema: Schema = {**about, "type": _TYPES[field.kind]}
    if field.choices:
        schema["enum"] = [value for _, value in field.choices]
    ends = {"minimum": field.minimum, "maximum": field.maximum}
    schema |= {name: end for name, end in ends.items() if end is not None}
    return {**schema, "default": field.default}


def _description(field: SettingField) -> str:
    """Return the title of a setting, with its unit, and what it does."""
    return f"{field.title}. {field.help}"
