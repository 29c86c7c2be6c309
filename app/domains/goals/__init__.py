"""Goals: what HQ as a whole, or one hub, is to reach in a month, beside what the leaders' facts say of it."""
