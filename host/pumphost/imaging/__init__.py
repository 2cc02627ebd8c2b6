"""`openinfuse image`: MicroPython for a Pico with the firmware in it."""
