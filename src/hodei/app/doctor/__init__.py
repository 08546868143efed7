"""`hodei doctor`: looks at everything that a server needs, also while none runs."""

from __future__ import annotations

from hodei.app.doctor.examination import examine
from hodei.app.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
