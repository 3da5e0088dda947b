"""Preprocessing: what turns raw numbers, categories and words into what a network computes with."""
