"""The words of Hodei as values and pure decisions: no I/O, no clock, no environment."""
