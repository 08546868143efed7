"""Implementations of the ports; each sees ports and domain only, never another adapter."""
