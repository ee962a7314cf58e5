"""Tekton's side of the fence: names it owns, its registry of CIs on disk, and the processes it may kill. Files only."""
