"""Processes are killed in the middle of their work; nothing may be lost, doubled or left half done."""
