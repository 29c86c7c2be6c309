"""What is printed: purchase orders, sheets, labels, lists and slips. Said once (`kinds`), drawn by `pdf` and `book`."""
