"""Tests that drive a real ipykernel, as a front end does."""
