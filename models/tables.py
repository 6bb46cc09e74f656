"""Every table there is: importing this module makes them known to the metadata."""
