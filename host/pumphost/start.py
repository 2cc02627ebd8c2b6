"""Where the command begins: compiled code, if there is any, is put in place before what it stands for is imported."""

from pumphost import compiled


def main() -> None:
    compiled.use()
    from pumphost.cli import main as command

    command()
