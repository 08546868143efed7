"""`python -m hodei.agent`, or `python -I -S .../hodei/agent` where nothing is installed."""

from __future__ import annotations

import os
import sys

if not __package__:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from hodei.agent.main import main

# Without the interpreter's own shutdown: nothing is left to be done, and it takes milliseconds.
os._exit(main())
