"""What people are told: templates, rendering and channels."""
