"""The command behind an artefact, as it would be typed again."""

import shlex
from collections.abc import Mapping
from typing import Any


def command_line(provenance: Mapping[str, Any]) -> str:
    """The command with the variables that changed its configuration before it.

    Args:
        provenance: ``argv`` and, but for artefacts of older versions, ``environment``: name = value.
    """
    given = [f"{name}={shlex.quote(value)}" for name, value in provenance.get("environment", {}).items()]
    return " ".join([*given, shlex.join(["ictcli", *provenance.get("argv", [])])])
