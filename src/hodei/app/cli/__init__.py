"""The command line: thin over the Python client, quick to start, exact in what it prints.

Modules import what is heavy (httpx, rich, yaml) inside functions: `hodei --help` needs none of it.
"""
