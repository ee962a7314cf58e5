"""What a project is, from its files: `analyse`."""

from __future__ import annotations

from ergon_ops.packaging.analysis.evidence import Analysis, Application, Evidence, Fault, Need, Service, Variable
from ergon_ops.packaging.analysis.projects import analyse

__all__ = ["Analysis", "Application", "Evidence", "Fault", "Need", "Service", "Variable", "analyse"]
