"""Signal processing on arrays of samples; no files are read or written here."""
