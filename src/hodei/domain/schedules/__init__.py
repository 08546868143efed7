"""Schedules: rules of time, when they fire next, and what is decided when a slot has come."""
