"""Which programs serve what on which port, told without asking anything inside the container."""

from __future__ import annotations

from ergon_ops.services.asking import targets
from ergon_ops.services.detection import Service, State, detect
from ergon_ops.services.programs import PROGRAMS, READABLE, Program, canonical
from ergon_ops.services.words import expected, readings, spoken

__all__ = [
    "PROGRAMS",
    "READABLE",
    "Program",
    "Service",
    "State",
    "canonical",
    "detect",
    "expected",
    "readings",
    "spoken",
    "targets",
]
