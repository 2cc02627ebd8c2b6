"""Studies of what the pump finds: many simulated runs each, and the figure that comes of them beside what is asked.

Every run has its own seed, so a study gives the same figures on every machine.
"""
