"""Projects: what is in them, and how an image is made of it."""
