"""Attacks: on the key, on pages, on templates and parameters, on the sandbox. Each is a table; a new attack is a row."""
