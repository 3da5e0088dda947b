"""Normalization: bring numbers to a common scale, over features, groups of channels, or a learned data set."""
