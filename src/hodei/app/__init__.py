"""The application: settings, wiring, the command line and the embedded database."""

import os

# The gRPC library reads this once, when it is loaded, so it stands before every module that loads
# it. Its handlers of fork() serve children that go on to use gRPC. Ours become another program,
# and while gRPC is busy those handlers crash one child in ten before it has become that.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
