"""What residents say of a pickup: stars, tags and words, the leader's one answer, and words that HQ hides."""
