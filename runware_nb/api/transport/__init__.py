"""Ways to the API. Each is the only importer of its library."""
