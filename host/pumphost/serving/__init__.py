"""`openinfuse serve`: a virtual pump, and a balance under its line, on serial ports."""
