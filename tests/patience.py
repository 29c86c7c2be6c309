"""How long a test waits for what must come: a busy machine is slow, not wrong, and a wait measures nothing."""

#: Seconds until a wait is in vain.
SECONDS = 120.0
MILLISECONDS = SECONDS * 1000
