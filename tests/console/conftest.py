"""A console over the scripted engine, and ways to read what it shows."""
