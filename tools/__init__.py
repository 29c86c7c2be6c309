"""Helpers around the product: nothing in the application imports them."""
