"""The payouts room's ways to send money."""
