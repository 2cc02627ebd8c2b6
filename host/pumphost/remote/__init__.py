"""The commands for a pump at the end of a wire."""
