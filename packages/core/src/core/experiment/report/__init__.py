"""What a sweep says: its figures with their intervals, as a page, a table and pictures."""
