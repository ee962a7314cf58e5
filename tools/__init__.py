"""The typed functions a Container CI may call: one file each, reads apart from changes."""
