"""Systems, databases and commands that tests start and end."""
