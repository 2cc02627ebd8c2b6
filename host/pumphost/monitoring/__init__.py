"""`openinfuse monitor`: a pump that is watched, in a terminal, in a browser, into a file."""
