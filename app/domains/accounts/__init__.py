"""Who may come in: accounts, sign-ins, one-time codes, throttling. Knows nothing of what people do inside."""
