"""Calls to receivers of webhooks."""
