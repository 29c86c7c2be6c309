"""Enums, frozen inputs and results of the logistics room, one module a subject."""
