"""Logs as templates with counts (`summary`): variable parts masked, stack traces folded; and what known lines mean
(`signals`). Nothing is imported here: the rules look at signals in every answer, and few answers tell templates."""
