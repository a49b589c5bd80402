"""Answers to a shell that asks how a command line may go on."""

import os

from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    shell_complete,
    split_arg_string,
)

from ictcli.cli import program

VARIABLE = "_ICTCLI_COMPLETE"


class PowerShellComplete(ShellComplete):
    """Completion for PowerShell: one candidate per line as kind, value and help, separated by tabs."""

    name = "powershell"
    source_template = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the one being typed."""
        words = split_arg_string(os.environ.get("COMP_WORDS", ""))[1:]
        incomplete = os.environ.get("COMP_CWORD", "")
        if incomplete and words and words[-1] == incomplete:
            words.pop()
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """One candidate."""
        return f"{item.type}\t{item.value}\t{item.help or ''}"


def answer(instruction: str) -> int:
    """Print the candidates for the shell that set ``_ICTCLI_COMPLETE``; returns the exit code."""
    add_completion_class(PowerShellComplete)
    return shell_complete(program, {}, "ictcli", VARIABLE, instruction)
