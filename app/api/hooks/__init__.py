"""Webhooks: doors for other programs, who prove themselves by a signature instead of an account."""
