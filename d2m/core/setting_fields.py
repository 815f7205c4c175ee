"""Settings as dataclass fields that describe themselves.

A field made by `setting` carries its range, unit, label, help, form section and names. The
form of the page, the options of the command line, the parameters of the HTTP endpoint and the
report are all made from `setting_fields`, so a new setting is added in one place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from typing import Any

from d2m.core.errors import SettingsError

MAX_TAPS = 500
"""Most tapped beats (count): two minutes, the longest clip, at 250 BPM."""


class Kind(Enum):
    """The kind of value that a setting holds, which decides how it is shown and parsed."""

    SWITCH = "switch"
    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"
    OPTIONAL_NUMBER = "optional number"
    TIMES = "times"


@dataclass(frozen=True, kw_only=True)
class SettingField:
    """One setting: its default value and all that is needed to show, parse and check it.

    Parameters
    ----------
    name
        Name of the dataclass field, such as ``"beat_shift_ms"``.
    kind
        Kind of its value.
    default
        Its default value.
    label
        Name on the page and in messages, such as ``"Shift"``.
    help
        One sentence on what it does.
    empty_help
        What 0 means in the form; only for optional numbers.
    section
        Section of the page's form.
    unit
        Unit of its value; empty if it has none.
    minimum, maximum
        Range of allowed values, ends included; None means unbounded.
    step
        Step of a slider; without one, the form shows a box for a number.
    choices
        ``(label, value)`` of each allowed value, where there are only a few.
    parameter
        Name of the HTTP parameter.
    flag
        Option on the command line, without the leading dashes.
    """

    name: str
    kind: Kind
    default: Any
    label: str
    help: str
    section: str
    empty_help: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    parameter: str = ""
    flag: str = ""

    @property
    def title(self) -> str:
        """The label with the unit, such as ``"Shift (ms)"``."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def parse(self, value: Any) -> Any:
        """Convert what a form or an HTTP call sends to the value of the setting.

        An empty box means the default; for an optional number, 0 does too.

        Raises
        ------
        SettingsError
            If the value can't be converted.
        """
        try:
            return self._converted(value)
        except (TypeError, ValueError, OverflowError):
            raise SettingsError(
                f"The {self._in_text} can't be read: choose {self._allowed}."
            ) from None

    def check(self, value: Any) -> None:
        """Check that a value is in the range of the setting.

        Raises
        ------
        SettingsError
            If it is not, with the range or the choices in the message.
        """
        if self.kind is Kind.TIMES:
            _check_times(value)
        elif self.kind is Kind.CHOICE and self.choices:
            self._check_choice(value)
        elif value is not None and (self.minimum is not None or self.maximum is not None):
            least = -math.inf if self.minimum is None else self.minimum
            most = math.inf if self.maximum is None else self.maximum
            if not (math.isfinite(value) and least <= value <= most):
                shown = f"{value:g} {self.unit}".rstrip()
                raise SettingsError(f"The {self._in_text} is {shown}: choose {self._allowed}.")

    def _check_choice(self, value: Any) -> None:
        values = [allowed for _, allowed in self.choices]
        if value not in values:
            raise SettingsError(f"The {self._in_text} is {value!r}: choose {', '.join(values)}.")

    def _converted(self, value: Any) -> Any:
        if value is None or value == "":
            return self.default
        if self.kind is Kind.SWITCH:
            return bool(value)
        if self.kind is Kind.CHOICE:
            return str(value)
        if self.kind is Kind.INTEGER:
            return int(value)
        if self.kind is Kind.TIMES:
            return parse_taps(value if isinstance(value, str) else " ".join(map(str, value)))
        if self.kind is Kind.OPTIONAL_NUMBER and not value:
            return None
        return float(value)

    @property
    def _in_text(self) -> str:
        return self.label[0].lower() + self.label[1:]

    @property
    def _allowed(self) -> str:
        if self.maximum is None:
            what = "a whole number" if self.kind is Kind.INTEGER else "a number"
            return what if self.minimum is None else f"{what} from {self.minimum:g} on"
        return f"{self.minimum:g} to {self.maximum:g}"


def setting(default: Any, *, kind: Kind, **description: Any) -> Any:
    """Return a dataclass field that describes itself.

    Parameters
    ----------
    default
        Default value of the setting.
    kind
        Kind of its value.
    **description
        What `SettingField` holds besides; ``parameter`` and ``flag`` follow from the field's
        name unless they are given.
    """
    return field(default=default, metadata={"setting": {"kind": kind, **description}})


def setting_fields(settings: Any) -> tuple[SettingField, ...]:
    """Return the settings of a dataclass whose fields were made by `setting`, in order.

    Parameters
    ----------
    settings
        The dataclass, or an instance of it.
    """
    return tuple(
        SettingField(
            name=one.name,
            default=one.default,
            **{
                "parameter": one.name,
                "flag": _without_unit(one.name, one.metadata["setting"].get("unit", "")),
                **one.metadata["setting"],
            },
        )
        for one in fields(settings)
    )


def parse_form(make: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    """Build settings from the values of a form, in the order of `setting_fields`.

    Parameters
    ----------
    make
        The dataclass of the settings.
    values
        One value for each setting, as a form or an HTTP call sends it.

    Raises
    ------
    SettingsError
        If a value can't be read or is out of its range.
    """
    known = setting_fields(make)
    return make(**{one.name: one.parse(value) for one, value in zip(known, values, strict=True)})


def settings_facts(settings: Any) -> dict[str, Any]:
    """Return settings as a report holds them: JSON-ready values by name."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(settings).items()
    }


def settings_from_facts(make: Callable[..., Any], facts: dict[str, Any]) -> Any:
    """Build settings from what `settings_facts` returned.

    Parameters
    ----------
    make
        The dataclass of the settings.
    facts
        Values by name; unknown names are ignored.

    Raises
    ------
    SettingsError
        If the values are no settings.
    """
    known = {one.name: one for one in setting_fields(make)}
    try:
        given = {
            name: tuple(float(time) for time in value) if known[name].kind is Kind.TIMES else value
            for name, value in facts.items()
            if name in known
        }
        return make(**given)
    except (AttributeError, TypeError, ValueError):
        raise SettingsError(
            "The settings can't be read: use a report that D2M wrote, unchanged."
        ) from None


def parse_taps(text: str) -> tuple[float, ...]:
    """Read times (s) from a text such as ``"0.52, 1.03, 1.55"`` and sort them.

    Raises
    ------
    SettingsError
        If the text holds anything but numbers.
    """
    try:
        return tuple(sorted(float(word) for word in text.replace(",", " ").split()))
    except ValueError:
        raise SettingsError(
            "The tapped beats must be times in seconds such as 0.52, 1.03, 1.55: tap them again."
        ) from None


def _check_times(times_s: tuple[float, ...]) -> None:
    if len(times_s) > MAX_TAPS or not all(math.isfinite(time) and time >= 0 for time in times_s):
        raise SettingsError(
            f"The tapped beats must be times in seconds, {MAX_TAPS} at most: tap them again."
        )


def _without_unit(name: str, unit: str) -> str:
    """Return a command line option for a field: its name without the unit, with dashes."""
    return name.removesuffix(f"_{unit.lower()}").replace("_", "-")
