"""Measures Hodei against floors that the same machine reaches in the same run."""

import hodei.app  # noqa: F401 (says how the gRPC library is to be loaded)
