"""Use cases and loops: what Hodei does, written against ports only."""
