"""`openinfuse flash`: the firmware onto a board."""
