"""What is true: pure rules and tables, without IO, clock or Prefect."""
