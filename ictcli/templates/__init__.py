"""The commented config files that ``ictcli init`` puts into a new workspace."""
