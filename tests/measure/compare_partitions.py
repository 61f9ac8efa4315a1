#!/usr/bin/env python3
"""Partition scores of cristae-cli beside scikit-image: V-rand, V-info and their best thresholds.

Not run by ctest; needs numpy, scipy, scikit-image and tifffile:
    tests/measure/compare_partitions.py build/release/bin/cristae-cli

Random tessellations with noisy boundary probabilities are scored by both. The other side is written from
Arganda-Carreras et al. 2015 (doi:10.3389/fnana.2015.00142), with Zhang's thinning by skimage's skeletonize.
Both thin lines by rules of their own, so that single pixels differ.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import tifffile
from scipy import ndimage
from skimage import morphology

RANDOM = np.random.default_rng(3)


def cells(boundary):
    """4-connected components of what is no boundary."""
    return ndimage.label(~boundary)[0]


def thinned(boundary):
    """Lines of one pixel; the edge of the image goes on beyond it."""
    return morphology.skeletonize(np.pad(boundary, 8, mode="edge"))[8:-8, 8:-8]


def scores(segments, truth):
    """V-rand and V-info over the truth's foreground; each background pixel of the segments is alone."""
    inside = truth > 0
    s, t = segments[inside].astype(np.int64), truth[inside].astype(np.int64)
    alone = s == 0
    s[alone] = s.max() + 1 + np.arange(alone.sum())

    def shares(values):
        return np.unique(values, return_counts=True)[1] / len(values)

    def entropy(p):
        return -(p * np.log2(p)).sum()

    ps, pt, joint = shares(s), shares(t), shares(s * (t.max() + 1) + t)
    rand = (joint**2).sum() / ((ps**2).sum() / 2 + (pt**2).sum() / 2)
    return rand, 2 * (entropy(ps) + entropy(pt) - entropy(joint)) / (entropy(ps) + entropy(pt))


def tessellation():
    """Truth boundaries and probabilities of a random tessellation."""
    height, width = RANDOM.integers(80, 200, 2)
    points = RANDOM.random((int(RANDOM.integers(6, 40)), 2)) * [height, width]
    y, x = np.mgrid[:height, :width]
    distance = np.sqrt((y[..., None] - points[:, 0]) ** 2 + (x[..., None] - points[:, 1]) ** 2)
    distance.sort(-1)
    ridge = distance[..., 1] - distance[..., 0]
    noise = ndimage.gaussian_filter(RANDOM.normal(size=(height, width)), RANDOM.uniform(1, 3))
    noise /= noise.std()
    probability = 1 / (1 + np.exp((ridge - 3) / 0.8 + RANDOM.uniform(0.3, 1.2) * noise))
    return ridge < RANDOM.uniform(1.5, 4), probability.astype(np.float32)


def evaluated(program, folder, *flags):
    command = [program, "evaluate", folder / "p.tif", folder / "t.tif", "--boundaries", "--json", "--quiet", *flags]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main():
    program = pathlib.Path(sys.argv[1])
    worst = {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for number in range(12):
            truth, probability = tessellation()
            tifffile.imwrite(folder / "p.tif", probability)
            tifffile.imwrite(folder / "t.tif", (truth * 255).astype(np.uint8))
            at = [scores(cells(thinned(probability >= np.float32(k / 10))), cells(truth)) for k in range(1, 10)]
            ours = evaluated(program, folder, "--metrics", "best_v_rand,best_v_info")
            ours |= evaluated(program, folder, "--metrics", "v_rand,v_info", "--threshold", "0.5")
            theirs = {
                "best_v_rand": max(rand for rand, _ in at),
                "best_v_info": max(info for _, info in at),
                "v_rand": at[4][0],
                "v_info": at[4][1],
            }
            print(number, *(f"{key} {ours[key]:.4f} {value:.4f}" for key, value in theirs.items()))
            for key, value in theirs.items():
                worst[key] = max(worst.get(key, 0), abs(ours[key] - value))
    print("largest difference", *(f"{key} {value:.4f}" for key, value in worst.items()))


if __name__ == "__main__":
    main()
