"""Measures Hodei against floors that the same machine reaches in the same run."""

import os

FORK_SUPPORT = "GRPC_ENABLE_FORK_SUPPORT"
# The benchmark starts processes beside its gRPC client, which says so on stderr each time. What
# is measured runs without this.
os.environ.setdefault(FORK_SUPPORT, "0")
