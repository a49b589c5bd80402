"""What one run leaves open: costs, chance, paths, look-ahead."""
