"""Official documents: numbered and rendered."""
