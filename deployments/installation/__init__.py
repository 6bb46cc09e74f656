"""What an installation is: its settings, folder, clock, log and login."""
