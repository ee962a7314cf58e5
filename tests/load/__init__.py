"""What the daemon takes: see README.md."""
