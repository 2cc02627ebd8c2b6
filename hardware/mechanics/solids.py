"""Solids by their corners, written out as STEP and STL, and a picture of them all."""

from pathlib import Path
from typing import NamedTuple

import pyvista
from build123d import Align, Box, Compound, Cylinder, Part, Pos, Rot, export_step, export_stl

CORNER = (Align.MIN, Align.MIN, Align.MIN)
ON_END = (Align.CENTER, Align.CENTER, Align.MIN)
TOLERANCE_MM = 0.05
Vector3 = tuple[float, float, float]
ORANGE, TEAL, SAND, METAL, CLEAR = "#f28c4a", "#4fb3a5", "#f3d19c", "#b9c0c6", "#bfe3f2"


class Piece(NamedTuple):
    """A part in its place. What is printed is written out as a file of its own."""

    name: str
    solid: Part
    colour: str
    opacity: float = 1.0
    printed: bool = False
    label_at: Vector3 | None = None


def box(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Part:
    return Pos(x[0], y[0], z[0]) * Box(x[1] - x[0], y[1] - y[0], z[1] - z[0], align=CORNER)


def along_x(x: tuple[float, float], y: float, z: float, diameter: float) -> Part:
    return Pos(x[0], y, z) * Rot(0, 90, 0) * Cylinder(diameter / 2, x[1] - x[0], align=ON_END)


def along_z(x: float, y: float, z: tuple[float, float], diameter: float) -> Part:
    return Pos(x, y, z[0]) * Cylinder(diameter / 2, z[1] - z[0], align=ON_END)


def write(pieces: list[Piece], folder: Path, name: str) -> list[Path]:
    """An assembly as STEP, each printed part as STL and STEP. Returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for piece in pieces:
        if piece.printed:
            stem = folder / f"{name}-{piece.name}"
            export_stl(piece.solid, stem.with_suffix(".stl"), tolerance=TOLERANCE_MM)
            export_step(piece.solid, stem.with_suffix(".step"))
            files += [stem.with_suffix(".stl"), stem.with_suffix(".step")]
    files.append(folder / f"{name}.step")
    export_step(Compound(children=[piece.solid for piece in pieces], label=name), files[-1])
    return files


def draw(pieces: list[Piece], file: Path, view: Vector3, up: Vector3, zoom: float) -> None:
    """As seen from `view`, with the names of what is printed."""
    plotter = pyvista.Plotter(off_screen=True, window_size=(1300, 800))
    for piece in pieces:
        points, triangles = piece.solid.tessellate(TOLERANCE_MM * 2, 0.3)
        mesh = pyvista.PolyData.from_regular_faces([tuple(point) for point in points], triangles)
        plotter.add_mesh(
            mesh, color=piece.colour, opacity=piece.opacity, smooth_shading=True, split_sharp_edges=True, ambient=0.3
        )
        edges = mesh.clean().extract_feature_edges(35)
        if edges.n_points:
            plotter.add_mesh(edges, color="#333333", line_width=1.5)
    named = [piece for piece in pieces if piece.label_at]
    plotter.add_point_labels(
        [piece.label_at for piece in named],
        [piece.name.replace("-", " ") for piece in named],
        font_size=19,
        text_color="black",
        shape_color="white",
        shape_opacity=0.8,
        point_size=1,
        always_visible=True,
        margin=3,
    )
    plotter.set_background("white")
    plotter.view_vector(view, viewup=up)
    plotter.enable_parallel_projection()
    plotter.enable_anti_aliasing("ssaa")
    plotter.camera.zoom(zoom)
    plotter.screenshot(str(file))
    plotter.close()
