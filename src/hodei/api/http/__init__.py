"""The HTTP interface: REST, server-sent events and WebSockets under /api/v1."""
