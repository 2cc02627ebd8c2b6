"""`openinfuse calibrate`: the volume of a motor step by weighing."""
