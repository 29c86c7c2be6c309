"""The payments room's doors to payment providers."""
