"""What starts things: settings, server, worker, schedules and the command line."""
