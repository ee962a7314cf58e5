"""ergon-ops: talk to your containers. Importing this does nothing."""

__version__ = "0.1.0"
