"""The infusion controller: pure, integers only, no clock and no input or output of its own.

The same files run on a board under MicroPython, in the tests under three interpreters, and in the
simulator under CPython. They import nothing but each other and, at most, `struct`, `binascii` and
`micropython`.
"""
