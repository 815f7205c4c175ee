"""Options of the command line, made from settings."""

from __future__ import annotations

from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Optional, get_type_hints

import typer

from d2m.core.setting_fields import Kind, SettingField, setting_fields

# Optional[...] because typer reads it at run time, on Python 3.10 too.
MaybeText = Optional[str]  # noqa: UP045
MaybeTexts = Optional[list[str]]  # noqa: UP045
MaybePath = Optional[Path]  # noqa: UP045
OPTION_TYPES: dict[Kind, Any] = {
    Kind.SWITCH: Optional[bool],  # noqa: UP045
    Kind.CHOICE: MaybeText,
    Kind.INTEGER: Optional[int],  # noqa: UP045
    Kind.NUMBER: Optional[float],  # noqa: UP045
    Kind.OPTIONAL_NUMBER: Optional[float],  # noqa: UP045
    Kind.TIMES: MaybeText,
}
"""Types of the options on the command line, by the kind of the setting."""
LikeReport = Annotated[
    MaybePath,
    typer.Option(help="A report.json whose settings to use; other options override them."),
]
WeightsFolder = Annotated[Path, typer.Option(help="Folder of the weights.", show_default=False)]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print the results and errors, nothing else.")
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="Print each event, the progress and the results as a line of JSON."
    ),
]
ResultFolder = Annotated[Path, typer.Option(help="Folder for the results.")]


def with_settings(
    command: Any, settings: type[Any], names: tuple[str, ...] = (), *, after: int = 2
) -> Any:
    """Give a command one option for each setting.

    Parameters
    ----------
    command
        A function whose parameter ``given`` takes the settings that a person gave, by name.
    settings
        The dataclass whose fields become options.
    names
        Only these fields; all by default.
    after
        Number of the command's own parameters before the settings.

    Returns
    -------
    function
        The command for typer.
    """
    fields = [one for one in setting_fields(settings) if not names or one.name in names]
    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name])
        for name, parameter in signature(command).parameters.items()
        if name != "given"
    ]

    def run(**arguments: Any) -> None:
        values = {one: arguments.pop(one.name) for one in fields}
        given = {
            one.name: one.parse(value) if one.kind is Kind.TIMES else value
            for one, value in values.items()
            if value is not None
        }
        command(given=given, **arguments)

    parameters = [*own[:after], *map(_option, fields), *own[after:]]
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _option(field: SettingField) -> Parameter:
    """Return the option of a setting, as a parameter for typer."""
    names = f"--{field.flag}"
    if field.kind is Kind.SWITCH:
        names += f"/--no-{field.flag}"
    choices = ", ".join(value for _, value in field.choices)
    has_range = field.kind in (Kind.INTEGER, Kind.NUMBER, Kind.OPTIONAL_NUMBER)
    option = typer.Option(
        names,
        help=field.help.rstrip(".") + (f" ({field.unit})." if field.unit else f". {choices}"),
        min=field.minimum if has_range else None,
        max=field.maximum if has_range else None,
        show_default=_default_text(field),
    )
    return Parameter(
        field.name,
        Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[OPTION_TYPES[field.kind], option],
    )


def _default_text(field: SettingField) -> Any:
    if field.kind is Kind.SWITCH:
        return field.flag if field.default else f"no-{field.flag}"
    empty = field.default is None or field.default == ()
    return False if empty else f"{field.default}"
