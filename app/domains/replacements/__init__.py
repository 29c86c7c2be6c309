"""Replacements: one person proposes that a leader leaves, another confirms it; what moved, and how it is taken back."""
