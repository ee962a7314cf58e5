"""Faces over the event stream: the command line, the chat, and what programs speak."""
