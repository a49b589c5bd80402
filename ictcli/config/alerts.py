"""Configuration of alerts and their delivery."""

from typing import Annotated

from ictcli.config.fields import Record, doc


class AlertsConfig(Record, frozen=True):
    """Who is told of what (docs/alerts.md)."""

    owner: Annotated[str, doc("Who answers for alerts that name no owner of their own.")] = "operator"
