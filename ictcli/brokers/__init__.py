"""What a broker is to the rest of the program, and the adapters to real ones."""
