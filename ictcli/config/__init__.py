"""What can be configured, and how the layers of configuration come together."""
