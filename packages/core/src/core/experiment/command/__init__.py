"""What the commands share: how they end, what they print, and what they say of a model's outputs."""
