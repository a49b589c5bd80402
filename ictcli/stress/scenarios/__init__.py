"""Each module is one scenario: ``SCENARIO`` in it is what the registry takes."""
