"""WebSockets: live topics over one socket per client, and terminals."""
