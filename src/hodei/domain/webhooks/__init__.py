"""Webhooks: what is told to whom, where it may go, how it is signed and when it is tried again."""
