"""The one head that all pages have: what they are called, how they look, what they may do."""

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def shell(
    title: str, styles: tuple[str, ...], body: str, scripts: tuple[str, ...] = (), data: Any = None
) -> str:
    """A page that needs nothing but itself; its own policy allows these scripts and nothing of any network.

    Args:
        title: as HTML.
        styles: files of style sheets beside this module, in order.
        body: what people see, as HTML.
        scripts: programs, in order.
        data: what they read from the element ``data``, as plain data; left out of a page without scripts.
    """
    rules = ["default-src 'none'", "style-src 'unsafe-inline'", "base-uri 'none'", "form-action 'none'"]
    parts = [body]
    if scripts:
        hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
        rules[1:1] = [f"script-src {hashes}", "img-src data: blob:"]
        parts.append(f'<script type="application/json" id="data">{_embedded(data)}</script>')
        parts += [f"<script>{script}</script>" for script in scripts]
    style = "".join(part(name) for name in styles)
    return _PAGE.format(policy="; ".join(rules), title=title, style=style, body="\n".join(parts))


def part(name: str) -> str:
    """A file beside this module."""
    return files("ictcli.reports").joinpath(name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _embedded(value: Any) -> str:
    """JSON that cannot end its element or begin another."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
