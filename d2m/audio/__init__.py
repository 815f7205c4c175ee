"""Signal processing on waveforms as arrays; no module here reads or writes files."""
