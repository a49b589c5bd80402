"""The command behind an artefact."""

from ictcli.reports.command_line import command_line


def test_variables_stand_before_the_command_as_they_were_typed() -> None:
    made = {"argv": ["backtest", "a b"], "environment": {"ICTCLI_RISK__DAILY_LOSS": "0.02", "X": "1 2"}}
    assert command_line(made) == "ICTCLI_RISK__DAILY_LOSS=0.02 X='1 2' ictcli backtest 'a b'"
    assert command_line({"argv": ["backtest"]}) == "ictcli backtest"  # as older versions kept it
