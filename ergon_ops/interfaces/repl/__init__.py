"""The chat: a prompt that stays open."""
