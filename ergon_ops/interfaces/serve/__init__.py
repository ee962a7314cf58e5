"""The daemon: one process, one event loop, one sampler; a TCP and a unix listener over the same application."""
