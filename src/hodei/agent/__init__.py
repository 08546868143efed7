"""The worker's program: it ships alone and uses nothing but the standard library."""
