"""Images of our own making: the same inputs give the same bytes, on any machine."""
