"""Options that belong together, as one record."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

__all__ = ["option_groups"]


def option_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take records whose fields are options.

    Typer reads the signature: where the command has a parameter whose type is a dataclass, it is
    shown the fields of that in its place, and the command gets the record made of them.
    """
    hints = get_type_hints(command, include_extras=True)
    shown: dict[str, inspect.Parameter] = {}
    groups: dict[str, type[Any]] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        if is_dataclass(hints[name]):
            groups[name] = hints[name]
            types = get_type_hints(hints[name], include_extras=True)
            options = [
                (field.name, field.default, types[field.name]) for field in fields(hints[name])
            ]
        else:
            options = [(name, parameter.default, hints[name])]
        for option, default, annotation in options:
            shown[option] = inspect.Parameter(
                option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
            )

    @functools.wraps(command)
    def with_records(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    with_records.__signature__ = inspect.Signature(list(shown.values()))  # type: ignore[attr-defined]
    with_records.__annotations__ = {name: option.annotation for name, option in shown.items()}
    return with_records
