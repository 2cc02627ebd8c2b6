"""`openinfuse selftest`: a board is accepted, part by part, with a person at it."""
