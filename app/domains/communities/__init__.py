"""Hubs, neighbourhoods, pickup points, leaders, and which of them serves a resident, with the reason."""
