"""Runs under CPython and MicroPython, in an empty folder: settings changed, refused, damaged and read again."""

from board.settings import FILES, Settings, change


def show():
    settings = Settings()
    key = 16 if settings.lost else settings.key
    print(settings.step_pl, settings.count_pl, settings.reservoir_ul, settings.reset, settings.lost, key)


show()
change(step_pl=171_000, count_pl=133_460, key="00ff10")
change(reservoir_ul=20_000)
show()
for wrong in ({"step_pl": 160_000}, {"bubble_ul": 0}, {"key": "0g"}, {"speed": 1}):
    try:
        change(**wrong)
    except ValueError as error:
        print(error)
with open(FILES[1], "wb") as file:
    file.write(b"half a cop")
show()
with open(FILES[0], "r+b") as file:
    file.write(b"9")
show()
change(key="", bubble_ul=50)
show()
