"""From single tokens, words or numbers, to ids: by a vocabulary, or by hashing without one."""
