"""Texts: templates rendered, shortened, and the office's own wording checked."""
