"""Attention: each position of a sequence looks at the others, and takes from each as much as the two agree."""
