"""Measured values as JSON."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

JSON_DIGITS = 4
"""Decimal digits of measured values in JSON. Chosen by hand."""


def json_ready(value: Any) -> Any:
    """Round the floats of nested dictionaries and lists; what is not finite becomes null."""
    if isinstance(value, dict):
        return {key: json_ready(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(one) for one in value]
    if isinstance(value, float | np.floating):
        return round(float(value), JSON_DIGITS) if isfinite(value) else None
    return bool(value) if isinstance(value, np.bool_) else value
