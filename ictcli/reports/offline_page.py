"""Web pages that need nothing but themselves: plotly's script, data and a program, all inline."""

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any

from plotly.offline import get_plotlyjs


def offline_page(template: str, style: str, programs: tuple[str, ...], data: Any, **texts: str) -> str:
    """A page whose own security policy allows its scripts and nothing from any network.

    Args:
        template: file beside this module, with ``policy``, ``css``, ``data``, ``plotly`` and ``program``.
        style: file of the style sheet.
        programs: files of the page's program, in order.
        data: what the program reads, as plain data.
        texts: further parts of the template, as HTML.
    """
    library: str = get_plotlyjs()
    program = "".join(_part(name) for name in programs)
    scripts = " ".join(f"'sha256-{_digest(script)}'" for script in (library, program))
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    return _part(template).format(
        policy=policy, css=_part(style), data=_embedded(data), plotly=library, program=program, **texts
    )


def _part(name: str) -> str:
    return files("ictcli.reports").joinpath(name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _embedded(value: Any) -> str:
    """JSON that cannot end its element or begin another."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
