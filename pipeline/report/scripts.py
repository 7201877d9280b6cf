"""Values as script files: a page opened from disk may load scripts, but not fetch files."""

from __future__ import annotations

import json
from typing import Any

_UNSAFE = {
    "<": "\\u003c",  # no </script> and no <!-- wherever the script ends up
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",  # line ends in old JavaScript
    "\u2029": "\\u2029",
}


def script_json(value: Any) -> str:
    """JSON that is safe as a script and inside a script element, on one line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in _UNSAFE.items():
        text = text.replace(character, escape)
    return text


def registering_script(name: str, value: Any) -> str:
    """A script that hands ``value`` to the page under ``name``."""
    return f"peacetext.register({script_json(name)},{script_json(value)});\n"
