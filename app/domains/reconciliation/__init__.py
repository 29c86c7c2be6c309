"""What the payment provider booked against what we booked, day by day, and what is done about every difference."""
