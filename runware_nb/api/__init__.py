"""The Runware API and nothing else: its facts, its data, its client."""
