"""Runs each job in a microVM of its own, made by Firecracker from the job's image."""
