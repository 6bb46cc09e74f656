"""What our server mends in Prefect: lost forms, timetables it cannot read, locks it gives up at."""
