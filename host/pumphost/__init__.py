"""The host side: the command line, plots and curves."""
