"""The virtual pump: a plant that obeys the shipped controller, and a bench that turns SimPy's crank."""

ENGINES = CPYTHON, MICROPYTHON = "cpython", "micropython"  # what can run the firmware
