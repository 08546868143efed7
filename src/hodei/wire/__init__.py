"""Protobuf: the generated modules, and the one mapping between messages and domain values."""
