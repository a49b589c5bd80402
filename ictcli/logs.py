"""Logging for people who operate the program: loguru on stderr."""

import os
import sys

from loguru import logger

from ictcli.output import Output, coloured

_FORMAT = "<level>{level: <8}</level> {name}: {message}"


def configure(out: Output, level: str) -> None:
    """Send log records of at least ``level`` to stderr; ``-v`` shows all of them, ``-q`` errors only.

    Tracebacks never show the values of variables, which may be secrets.
    """
    shown = "DEBUG" if out.verbose else "ERROR" if out.quiet else level
    logger.remove()
    logger.add(
        out.log,
        level=shown,
        format=_FORMAT,
        colorize=not out.plain and coloured(sys.stderr, os.environ),
        backtrace=out.verbose,
        diagnose=False,
    )
