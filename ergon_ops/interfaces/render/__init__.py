"""How things look at a terminal; nothing here decides anything."""
