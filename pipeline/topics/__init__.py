"""Find what the passages talk about when nobody tells the machine what to look for."""
