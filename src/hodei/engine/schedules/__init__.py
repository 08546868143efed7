"""Schedules: what people do with them, and the loop that fires their slots."""
