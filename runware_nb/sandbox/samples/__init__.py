"""Samples: real files that stand for what models would make. One file a medium, and `edits` for work on pictures.

Each is decided by its seed, prompt and model, shows the prompt where it can, and says SANDBOX. The libraries that
make them are imported when the first one is made.
"""
