"""Tests that look at JupyterLab in Chromium, as a person does."""
