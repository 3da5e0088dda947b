"""What a report is made of: a folder read, variants compared, numbers turned into words, and a page."""
