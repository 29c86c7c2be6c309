"""Suppliers and their terms, purchase orders, goods receipts, lots, stock as movements."""
