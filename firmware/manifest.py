"""What an image with the pump in it freezes: the port's own modules (rp2's PIO assembler is one), and ours.

In MicroPython's ports/rp2: make BOARD=RPI_PICO FROZEN_MANIFEST=<path of this file>
In ports/esp32 likewise; what is of the other port is never imported.
"""
# ruff: noqa: F821

freeze("$(PORT_DIR)/modules")
package("pumpcore")
package("board")
module("boot.py")
module("main.py")
