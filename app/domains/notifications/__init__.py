"""The inbox of every account: what the platform tells people before they ask."""
