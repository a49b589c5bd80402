"""Market data and results on disk: immutable Parquet parts behind atomically swapped manifests."""
