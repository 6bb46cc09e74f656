"""``zero137 doctor``: examines an installation and tells what to do; changes nothing."""
