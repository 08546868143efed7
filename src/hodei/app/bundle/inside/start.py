"""What the interpreter of a bundle runs: the agent, out of reach of the image."""

from __future__ import annotations

import os

# OpenSSL would read the image's settings, which may name modules made for the image's OpenSSL.
# Not in os.environ, so that no job ever sees it.
os.putenv("OPENSSL_CONF", "/dev/null")

from hodei.agent.main import main

# Without the interpreter's own shutdown: nothing is left to be done, and it takes milliseconds.
os._exit(main())
