"""Money in and back through a payment provider: intent first, call, record. Never two refunds for one cause."""
