"""Engines outside of the business: the route solver."""
