"""Linli's tests."""
