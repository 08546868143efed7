"""Webhooks: configuring them, and telling them what happens."""
