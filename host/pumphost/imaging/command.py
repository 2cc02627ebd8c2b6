"""`openinfuse image`: its option, how far it is, and what to do with it."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("out/openinfuse-pico.uf2"),
    show_default=True,
    help="The UF2 file.",
)
def image(out: Path) -> None:
    """MicroPython for a Raspberry Pi Pico with the firmware in it, built from Debian's sources, into one UF2 file.

    It leaves an RP2040 more memory than the firmware in files. The first build takes minutes and names what it lacks;
    later only the firmware is made anew.
    """
    from pumphost.console import console, working
    from pumphost.imaging.build import firmware_image, put
    from pumphost.writable import check_writable

    check_writable(out, "--out")
    with working() as told:
        put(firmware_image(told), out)
    console().print(
        f"{out}: hold BOOTSEL while you plug the Pico in, then run openinfuse flash --uf2 {out}", soft_wrap=True
    )
