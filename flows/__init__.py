"""The order of effects: Prefect flows and their forms."""
