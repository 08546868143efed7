"""Workers that exist in memory only and misbehave on request, for tests and demonstrations."""
