"""Linli: community group-buying from cut-off to settlement."""
