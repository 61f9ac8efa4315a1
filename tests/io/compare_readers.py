#!/usr/bin/env python3
"""Reads every TIFF, HDF5, PNG, JPEG and BMP file of a folder with cristae-cli and with an independent reader,
and lists where they differ in shape, type, pixel size or pixels.

    python3 -m venv /tmp/readers && /tmp/readers/bin/pip install tifffile imagecodecs h5py Pillow numpy
    /tmp/readers/bin/python tests/io/compare_readers.py --cli build/release/bin/cristae-cli FOLDER…

The readers are tifffile (first series of a TIFF), h5py (each dataset of two to five dimensions of numbers) and
Pillow. Shapes are compared as channels × slices × rows × columns; a time axis counts as slices where there is
no other, else its first point is taken, as Cristae does. Pixels are compared through `cristae-cli convert` to a
RAW file. A difference is no fault by itself: each is to be explained. Not run by ctest, which needs no Python.
Exit code: 1 if anything differs, else 0.
"""
import argparse
import json
import logging
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy
import PIL.Image
import tifffile

logging.disable(logging.CRITICAL)
NM = {"nm": 1, "um": 1e3, "µm": 1e3, "μm": 1e3, "\\u00B5m": 1e3, "micron": 1e3, "mm": 1e6, "cm": 1e7, "m": 1e9,
      "inch": 2.54e7, "A": 0.1, "Å": 0.1, "pm": 1e-3}


def as_czyx(array, axes):
    """The array with channels, slices, rows and columns; samples are channels."""
    axes = list(axes.upper())
    if "T" in axes and "Z" in axes:
        array = numpy.take(array, 0, axes.index("T"))
        axes.remove("T")
    roles = {"Y": "y", "X": "x", "S": "c", "C": "c"}
    groups = {"c": [], "z": [], "y": [], "x": []}
    for place, letter in enumerate(axes):
        groups[roles.get(letter, "z")].append(place)
    array = array.transpose(sum(groups.values(), []))
    sizes = iter(array.shape)
    shape = [int(numpy.prod([next(sizes) for _ in groups[g]], initial=1)) for g in "czyx"]
    return array.reshape(shape)


def tiff_pixel_size(file):
    """x in nm from ImageJ's or OME's description, or None."""
    if file.is_imagej and file.imagej_metadata:
        unit = NM.get(str(file.imagej_metadata.get("unit", "")))
        tag = file.pages[0].tags.get("XResolution")
        if unit and tag and tag.value[0]:
            return unit * tag.value[1] / tag.value[0]
    if file.is_ome:
        image = tifffile.xml2dict(file.ome_metadata)["OME"].get("Image")
        image = image[0] if isinstance(image, list) else image
        pixels = image["Pixels"]
        unit = NM.get(pixels.get("PhysicalSizeXUnit", "µm"))
        if unit and "PhysicalSizeX" in pixels:
            return unit * float(pixels["PhysicalSizeX"])
    return None


def read_tiff(path):
    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        return [("", as_czyx(series.asarray(), series.axes), tiff_pixel_size(file))]


def read_hdf5(path):
    found = []

    def visit(name, item):
        if not isinstance(item, h5py.Dataset) or not 2 <= item.ndim <= 5 or item.size == 0:
            return
        if item.dtype.kind in "uif" and item.size < 2e8 and len(found) < 40:
            found.append((name, item[()], None))

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def read_picture(path):
    image = PIL.Image.open(path)
    array = numpy.asarray(image)
    return [("", as_czyx(array, "YXS" if array.ndim == 3 else "YX"), None)]


READERS = {".tif": read_tiff, ".tiff": read_tiff, ".h5": read_hdf5, ".hdf5": read_hdf5, ".mat": read_hdf5,
           ".ims": read_hdf5, ".emd": read_hdf5, ".png": read_picture, ".jpg": read_picture, ".bmp": read_picture}


def cristae(cli, *arguments):
    done = subprocess.run([cli, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr.strip().splitlines()[-1:] or [""]


def pixels_of(cli, path, scene, info):
    """What Cristae reads, or None where it cannot be written as RAW."""
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / "a.raw"
        code, _, _ = cristae(cli, "convert", path, target, *scene)
        if code != 0:
            return None
        description = json.loads(target.with_suffix(".json").read_text())
        array = numpy.fromfile(target, description["type"]).reshape(description["shape"])
        array = as_czyx(array, description["axes"])
    return array if list(array.shape) == info["shape"] else None


def differences(cli, path, name, array, size):
    scene = ["--scene", name] if name else []
    code, out, error = cristae(cli, "info", path, "--json", *scene)
    if code != 0:
        return [f"refused: {error[0]}"]
    info = json.loads(out)
    found = []
    shape = list(array.shape)
    if not name and info["shape"] != shape:
        found.append(f"shape {info['shape']} beside {shape}")
    if name and int(numpy.prod(info["shape"])) != array.size:
        found.append(f"shape {info['shape']} ({info['axes']}) beside {shape}")
    if info["type"] != str(array.dtype):
        found.append(f"type {info['type']} beside {array.dtype}")
    own = info["voxel_size_nm"]["x"]
    if (own is None) != (size is None) and not name or own and size and abs(own / size - 1) > 0.001:
        found.append(f"pixel size {own} ({info['voxel_size_nm']['source']}) beside {size}")
    if not found:
        pixels = pixels_of(cli, path, scene, info)
        reference = array if not name else array.astype(info["type"])
        same = pixels is not None and numpy.array_equal(
            pixels.reshape(-1) if name else pixels, reference.reshape(-1) if name else reference,
            equal_nan=array.dtype.kind == "f")
        if name and pixels is not None and not same:  # axes in another order: the same numbers
            same = numpy.array_equal(numpy.sort(pixels, axis=None), numpy.sort(reference, axis=None))
        if pixels is not None and not same:
            found.append("pixels differ")
    remarks = " | ".join(info["remarks"])
    return [text + (f"  [{remarks}]" if remarks else "") for text in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", required=True, help="path of cristae-cli")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    compared = agreed = 0
    for folder in arguments.folders:
        for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in READERS and p.is_file()):
            try:
                images = READERS[path.suffix.lower()](path)
            except Exception as error:  # whatever an independent reader cannot read is a difference too
                code, _, sentence = cristae(arguments.cli, "info", path)
                print(f"{path}: {type(error).__name__} in the reader; Cristae: "
                      f"{'opens it' if code == 0 else sentence[0]}")
                continue
            for name, array, size in images:
                compared += 1
                found = differences(arguments.cli, path, name, array, size)
                agreed += not found
                for text in found:
                    print(f"{path}{':' + name if name else ''}: {text}")
    print(f"{compared} images compared, {agreed} agree")
    return 0 if compared == agreed else 1


if __name__ == "__main__":
    sys.exit(main())
