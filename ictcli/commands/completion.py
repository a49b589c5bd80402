"""``ictcli completion``: scripts that complete commands, options and values."""

import click

from ictcli.cli_command import Command
from ictcli.session import Session

SHELLS = ("bash", "zsh", "fish", "powershell")

_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName ictcli -ScriptBlock {
    param($word, $command, $cursor)
    $env:_ICTCLI_COMPLETE = 'powershell_complete'
    $env:COMP_WORDS = $command.ToString()
    $env:COMP_CWORD = $word
    ictcli | ForEach-Object {
        $kind, $value, $help = $_ -split "`t", 3
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
    Remove-Item Env:_ICTCLI_COMPLETE, Env:COMP_WORDS, Env:COMP_CWORD
}
"""


@click.command(
    "completion",
    cls=Command,
    slow=False,
    examples=[
        "ictcli completion bash > ~/.local/share/bash-completion/completions/ictcli",
        "ictcli completion zsh > ~/.zfunc/_ictcli",
        "ictcli completion fish > ~/.config/fish/completions/ictcli.fish",
        "ictcli completion powershell >> $PROFILE",
    ],
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_obj
def command(session: Session, shell: str) -> None:
    """Print a shell completion script."""
    script = _POWERSHELL if shell == "powershell" else _script(shell)
    session.out.emit({"shell": shell, "script": script}, script)


def _script(shell: str) -> str:
    from click.shell_completion import get_completion_class

    from ictcli.cli import program

    completion = get_completion_class(shell)
    assert completion is not None
    return completion(program, {}, "ictcli", "_ICTCLI_COMPLETE").source()
