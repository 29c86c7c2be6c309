"""What residents, and everybody who has not signed in yet, can do by JSON."""
