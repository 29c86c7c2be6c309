"""What HQ's own programs do by JSON: look at rounds and start stations."""
