"""The documents themselves: what each of them says, from the rooms' cards."""
