"""A terminal on the other side of a loopback port: under Wine, in a container, behind a tunnel."""
