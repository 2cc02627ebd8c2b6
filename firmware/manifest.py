"""What an image with the pump in it freezes: the port's own modules (the PIO assembler is one), and ours.

In MicroPython's ports/rp2: make BOARD=RPI_PICO FROZEN_MANIFEST=<path of this file>
"""
# ruff: noqa: F821

freeze("$(PORT_DIR)/modules")
package("pumpcore")
package("board", files=("__init__.py", "hashing.py", "rp2.py", "usb.py"))
module("boot.py")
module("main.py")
