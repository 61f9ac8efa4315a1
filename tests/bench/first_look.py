#!/usr/bin/env python3
"""Which figures tell that a result is wrong, at which scale an image is, and whether it is inverted.

Not run by ctest; needs numpy, scipy, scikit-image, tifffile and h5py:
    tests/bench/first_look.py DATA [MODEL…]

The shipped U-Nets in NumPy, with deep features, at which the program itself does not look. METHODS.md has the table.
"""
import glob, json, multiprocessing, os, struct, sys
from collections import defaultdict

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import h5py
import numpy as np
import tifffile
from PIL import Image
from scipy import ndimage, stats
from skimage import io, transform

DATA = sys.argv[1] if len(sys.argv) > 1 else sys.exit("first_look.py DATA [MODEL…]")
ZOO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../models/zoo/")
SIDE, RNG = 256, np.random.default_rng(0)


# ---- networks ----------------------------------------------------------------------------------------------
def load(name):
    """Card and weights of a package."""
    with open(ZOO + name + ".safetensors", "rb") as f:
        n = struct.unpack("<Q", f.read(8))[0]
        header = json.loads(f.read(n))
        card = json.loads(header.pop("__metadata__")["cristae.card"])
        weights = {}
        for key, entry in header.items():
            a, b = entry["data_offsets"]
            f.seek(8 + n + a)
            weights[key] = np.frombuffer(f.read(b - a), np.float32).reshape(entry["shape"])
    return card, weights


def convolved(x, weight):
    c, h, w = x.shape
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    y = np.zeros((weight.shape[0], h * w), np.float32)
    for i in range(3):
        for j in range(3):
            y += weight[:, :, i, j] @ np.ascontiguousarray(padded[:, i:i + h, j:j + w]).reshape(c, -1)
    return y.reshape(-1, h, w)


def block(x, w, name):
    for i in "12":
        scale = w[f"{name}.norm{i}.weight"] / np.sqrt(w[f"{name}.norm{i}.running_var"] + 1e-5)
        shift = w[f"{name}.norm{i}.bias"] - w[f"{name}.norm{i}.running_mean"] * scale
        x = np.maximum(convolved(x, w[f"{name}.conv{i}.weight"]) * scale[:, None, None] + shift[:, None, None], 0)
    return x


def unet(x, w, exclusive):
    """[C, Y, X] → probabilities of the classes, means of the deepest features."""
    levels = 1 + max(int(k.split(".")[1]) for k in w if k.startswith("encoder"))
    skips = []
    for level in range(levels):
        if level:
            c, h, v = x.shape
            x = x.reshape(c, h // 2, 2, v // 2, 2).max((2, 4))
        x = block(x, w, f"encoder.{level}")
        skips.append(x)
    deep = x.mean((1, 2))
    for step in range(levels - 1):
        up, (c, h, v) = w[f"decoder.{step}.up.weight"], x.shape
        y = np.zeros((up.shape[1], h, 2, v, 2), np.float32)
        for i in range(2):
            for j in range(2):
                y[:, :, i, :, j] = (up[:, :, i, j].T @ x.reshape(c, -1)).reshape(-1, h, v)
        y = y.reshape(-1, 2 * h, 2 * v) + w[f"decoder.{step}.up.bias"][:, None, None]
        x = block(np.concatenate([skips[levels - 2 - step], y]), w, f"decoder.{step}")
    c, h, v = x.shape
    z = (w["head.weight"].reshape(-1, c) @ x.reshape(c, -1)).reshape(-1, h, v) + w["head.bias"][:, None, None]
    if not exclusive:
        return 1 / (1 + np.exp(-z)), deep
    e = np.exp(z - z.max(0))
    return (e / e.sum(0))[1:], deep


# ---- images ------------------------------------------------------------------------------------------------
def read(path):
    a = tifffile.imread(path) if path.endswith(".tif") else io.imread(path)
    if a.ndim == 3 and a.shape[-1] in (2, 3, 4):  # with or without a channel of opacity
        a = a[..., 0] if a.shape[-1] == 2 else a[..., :3] @ [0.299, 0.587, 0.114]
    return a.astype(np.float32)


def files(pattern):
    return sorted(glob.glob(os.path.join(DATA, pattern)))


def item(image, nm, truth, trained):
    return dict(image=image, nm=nm, truth=truth, trained=trained)


def data_sets():
    """Name → images with pixel size, truth of each class (None: there is nothing of it), and the models that
    were trained on them."""
    sets, both = {}, {"mitochondria", "mitochondria-fibsem"}
    a, t = (read(DATA + f"/lucchi_pp/train_{k}_z000-023.tif") for k in ("images", "labels"))
    sets["Lucchi++"] = [item(a[z], 5, {"mitochondria": t[z] > 0}, both if z < 20 else set())
                        for z in (0, 6, 12, 17, 20, 22, 23)]
    for i, p in enumerate(files("lucchi_pp/train_sparse/images/*")):
        if i % 3 == 0 or i >= 21:
            t = {"mitochondria": read(p.replace("images", "labels")) > 0}
            sets["Lucchi++"].append(item(read(p), 5, t, both if i < 21 else set()))
    for p in files("lucchi_pp/train_even/images/*")[::6]:
        sets["Lucchi++"].append(item(read(p), 5, {"mitochondria": read(p.replace("images", "labels")) > 0}, set()))
    pairs = zip(*(files(f"cdeep3m_mito/mito_testsample/training/{k}/*") for k in ("images", "labels")))
    sets["CDeep3M"] = [item(read(p), None, {"mitochondria": np.array(Image.open(t)) == 1},
                            {"mitochondria"} if i < 12 else set()) for i, (p, t) in enumerate(pairs)]
    vnc = {k: read(DATA + f"/vnc_sstem/stack1_{k}_z00-13.tif") for k in ("raw", "mitochondria", "membranes")}
    sets["VNC"] = [item(vnc["raw"][z], 4.6, {k: vnc[k][z] > 0 for k in ("mitochondria", "membranes")},
                        ({"mitochondria"} if z < 12 else set()) | ({"membranes"} if z < 13 else set()))
                   for z in range(14)]
    a, t = read(DATA + "/isbi2012/train-volume.tif"), read(DATA + "/isbi2012/train-labels.tif")
    sets["ISBI"] = [item(a[z], 4, {"membranes": t[z] == 0}, {"membranes"} if z < 20 else set())
                    for z in (0, 5, 10, 15, 18, 20, 21, 22, 23)]
    with h5py.File(DATA + "/flyem_medulla/training_sample2.h5") as f:
        a, t = np.squeeze(f["raw"][:]), np.squeeze(f["labels/neuron_ids"][:])
    edge = np.zeros(t.shape, bool)
    for axis in (1, 2):
        d = np.diff(t, axis=axis) != 0
        edge |= np.insert(d, 0, 0, axis) | np.insert(d, d.shape[axis], 0, axis)
    sets["FlyEM"] = [item(a[z].astype(np.float32), 10, {"membranes": edge[z]},
                          {"membranes"} if z % 10 == 0 and z < 235 else set())
                     for z in (0, 50, 100, 150, 200, 235, 240, 245, 249)]
    sets["AxonDeepSeg"] = []
    for p in files("axondeepseg_sem/sub-*/micr/*SEM.png"):
        t = read(p.replace("axondeepseg_sem/", "axondeepseg_sem/derivatives/labels/")[:-4] + "_seg-axonmyelin-manual.png")
        beside = p[:-4] + ".json"  # missing for a sample of 0.1 µm
        nm = json.load(open(beside))["PixelSize"][0] * 1000 if os.path.exists(beside) else 100
        held = "rat4" in p or "data11" in p
        sets["AxonDeepSeg"].append(item(read(p), nm, {"axons": t > 190, "myelin": (t > 60) & (t <= 190)},
                                        set() if held else {"axons-myelin"}))
    sets["TEM myelin"] = []
    for p in files("tem_myelin/train/images/*"):
        t = read(p.replace("images", "labels"))
        sets["TEM myelin"].append(item(read(p), 5.962, {"axons": t == 2, "myelin": t == 1}, set()))
    sets["HeLa"] = [item(read(DATA + f"/hela_cell_slices/image_{z}.png"), 10,
                         {"nuclei": read(ZOO + f"annotations/hela_{z}_labels.tif") == 1},
                         set() if z == "z0060" else {"nuclei"}) for z in ("z0001", "z0060", "z0116")]
    none = dict.fromkeys(("mitochondria", "membranes", "nuclei", "axons", "myelin"))
    for name, pattern, step in (("particles", "emps_particles/train/images/*", 3), ("TiO2", "bam_tio2_sem/train/images/*", 1),
                                ("composite", "nanocomposite_sem/train/images/*", 1),
                                ("superalloy", "nasa_superalloy_sem/train/images/*", 2)):
        sets[name] = [item(read(p), 7.344 if name == "TiO2" else None, none, set()) for p in files(pattern)[::step]]
    return sets


# ---- figures -----------------------------------------------------------------------------------------------
def resized(a, factor, order=1):
    shape = [max(1, round(n * factor)) for n in a.shape]
    return transform.resize(a, shape, order=order, anti_aliasing=factor < 1, preserve_range=True).astype(np.float32)


def normal(a):
    return (a - a.mean()) / max(a.std(), 1e-6)


def grey_statistics(x):
    """As core/segment/image_statistics.cpp."""
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    noise = np.sqrt(np.pi / 2) / 6 * np.abs(ndimage.convolve(x, mask)[1:-1, 1:-1]).mean()
    apart = [np.log10(np.concatenate([np.abs(x[:, k:] - x[:, :-k]).ravel(), np.abs(x[k:] - x[:-k]).ravel()]).mean() + 1e-6)
             for k in (1, 2, 4, 8, 16) if k < min(x.shape)]
    return np.array([*np.quantile(x, [.01, .05, .25, .5, .75, .95, .99]), np.log10(noise + 1e-6), *apart,
                     *[apart[-1]] * (5 - len(apart))])


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum()) if a.any() or b.any() else 1.0


def look(card, w, image, truths):
    """Figures of one part of an image in model pixels, and the Dice of the worst class."""
    a = image[None]
    pad = [(0, 0)] + [(0, -n % 16) for n in image.shape]
    a = np.pad(a, pad, mode="symmetric").astype(np.float32)
    p, deep = unet(a, w, card["exclusive"])
    q, _ = unet(np.ascontiguousarray(a[:, :, ::-1]), w, card["exclusive"])
    h, v = image.shape
    p, q = p[:, :h, :v], q[:, :, ::-1][:, :h, :v]
    thresholds = np.array([c["threshold"] for c in card["classes"]])[:, None, None]
    found, mirrored = p >= thresholds, q >= thresholds
    best = np.where(found, p, 0).max(0)
    inside = best[found.any(0)]
    entropy = -(inside * np.log2(inside + 1e-7) + (1 - inside) * np.log2(1 - inside + 1e-7))
    scores = []
    for k, truth in enumerate(truths):
        if truth is None:
            scores.append(1.0 if found[k].mean() < 0.005 else 0.0)
        else:
            scores.append(1.0 if truth.mean() < .002 and found[k].mean() < .002 else dice(found[k], truth))
    return dict(grey=grey_statistics(image), deep=deep, found=found.mean(), dice=min(scores),
                agreement=dice(found, mirrored), entropy=entropy.mean() if len(inside) else 1.0)


CONDITIONS = {"as it is": 1, "inverted": 1, "noise": 1, "blur": 1, "size × ¼": .25, "size × ½": .5, "size × 2": 2, "size × 4": 4}


def looks_of(model):
    card, w = load(model)
    names, result = [c["name"] for c in card["classes"]], []
    for data, items in data_sets().items():
        if names[0] not in items[0]["truth"]:
            continue
        for i, one in enumerate(items):
            foreign, trained = one["truth"][names[0]] is None, model in one["trained"]
            for condition, factor in CONDITIONS.items():
                if condition != "as it is" and (foreign or trained):
                    continue
                zoom = factor * (one["nm"] or card["pixelSizeNm"]) / card["pixelSizeNm"]
                if zoom > 6 or zoom < 0.02:
                    continue
                h, v = (min(n, round(SIDE / zoom)) for n in one["image"].shape)
                y, x = (one["image"].shape[0] - h) // 2, (one["image"].shape[1] - v) // 2
                a = normal(resized(one["image"][y:y + h, x:x + v], zoom))
                a = -a if condition == "inverted" else a
                a = normal(a + RNG.normal(0, 1, a.shape)) if condition == "noise" else a
                a = normal(ndimage.gaussian_filter(a, 3)) if condition == "blur" else a
                truths = [None if one["truth"][n] is None else
                          transform.resize(one["truth"][n][y:y + h, x:x + v].astype(np.float32), a.shape, order=1) > .5
                          for n in names]
                result.append(dict(look(card, w, a.astype(np.float32), truths), model=model, data=data, image=i,
                                   condition=condition, foreign=foreign, trained=trained, known=bool(one["nm"])))
    return result


def judge(looks):
    """Distances from the training images."""
    trained = [r for r in looks if r["trained"]]
    for key, least in (("grey", 0.1), ("deep", 0.02)):
        means = {d: np.mean([r[key] for r in trained if r["data"] == d], 0) for d in {r["data"] for r in trained}}
        spread = np.maximum(least, np.sqrt(np.mean([(r[key] - means[r["data"]]) ** 2 for r in trained], 0)))
        for r in looks:
            r[key + " distance"] = min(np.sqrt(np.mean(((r[key] - m) / spread) ** 2)) for m in means.values())
    for r in looks:
        r["doubt"] = 1 - r["agreement"] if r["found"] > 1e-3 else 0


def auroc(looks, key):
    bad, good = [r[key] for r in looks if r["dice"] < .7], [r[key] for r in looks if r["dice"] >= .7]
    if not bad or not good:
        return float("nan")
    return stats.mannwhitneyu(bad, good).statistic / len(bad) / len(good)


def tell(title, looks):
    keys = ("doubt", "entropy", "grey distance", "deep distance")
    bad = sum(r["dice"] < .7 for r in looks)
    alarms = [sum(r["doubt"] > .09 for r in looks if (r["dice"] < .7) == wrong) for wrong in (True, False)]
    print(f"| {title} | {len(looks)} | {bad} | " + " | ".join(f"{auroc(looks, k):.2f}" for k in keys) +
          f" | {alarms[0]} of {bad} | {alarms[1]} of {len(looks) - bad} |", flush=True)


def main():
    models = sys.argv[2:] or ["mitochondria", "membranes", "axons-myelin", "nuclei"]
    every = []
    with multiprocessing.Pool() as pool:
        for looks in pool.imap(looks_of, models):
            judge(looks)
            every += looks
    held = [r for r in every if not r["trained"]]
    plain = [r for r in held if r["condition"] == "as it is"]
    print("| looks | n | Dice < 0.7 | doubt | entropy | grey values | deep features | alarm, bad | alarm, good |")
    for model in models:
        tell(model + ", with all changes", [r for r in held if r["model"] == model])
    tell("all models, as they are", [r for r in plain if not r["foreign"]])
    tell("all models, with foreign images", plain)
    tell("all models, with all changes", held)
    groups = defaultdict(dict)
    for r in held:
        groups[r["model"], r["data"], r["image"]][r["condition"]] = r
    clear = [(g["as it is"], g["inverted"]) for g in groups.values() if "inverted" in g]
    sure = lambda r: r["agreement"] if r["found"] > 1e-3 else 0
    for title, pairs in (("all", clear), ("Dice ≥ 0.7", [p for p in clear if p[0]["dice"] >= .7])):
        print(f"inversion, {title}: {sum(sure(b) > sure(a) + .05 for a, b in pairs)} false alarms, "
              f"{sum(sure(a) <= sure(b) + .05 for a, b in pairs)} missed, of {len(pairs)}")
    sizes = {"size × ¼": -2, "size × ½": -1, "as it is": 0, "size × 2": 1, "size × 4": 2}
    for title, score in (("agreement", lambda r: sure(r)), ("grey values", lambda r: -r["grey distance"]),
                         ("both", lambda r: sure(r) - .1 * r["grey distance"] - 9 * (r["found"] < 1e-3))):
        steps = [sizes[max((c for c in g if c in sizes), key=lambda c: score(g[c]))] for g in groups.values()
                 if g["as it is"]["known"] and not g["as it is"]["foreign"]]
        print(f"scale by {title}: right {steps.count(0)}, one step off {steps.count(1) + steps.count(-1)}, of {len(steps)}")


main()
