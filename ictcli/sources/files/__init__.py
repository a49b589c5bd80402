"""Price files of every common export format, read as raw chunks with exact line numbers."""
