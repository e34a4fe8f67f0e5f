"""Independent reference implementations that tests compare the code with."""
