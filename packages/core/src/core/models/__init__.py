"""What a user holds: `Model` with its words for predicting, learning and saving, and the ways to describe one."""
