"""Trains the MobileNet for CIFAR-10 beside this file (v1), or one of linear bottlenecks (v2), by distillation: few images are at hand, a good teacher is.

    python models/mobilenet/train.py v1 --out models/mobilenet/mobilenet-cifar10.onnx

Needs PyTorch, onnxruntime, numpy and Pillow, and the folder `shared` beside the project. Images: 500 training images of
`cifar10/calibration`, 800 of `cifar10-jpeg` and crops of 260 images of `imagenet`, none with a label: the student learns the logits that
ResNet56 gives to them, cropped, mirrored, scaled, and mixed with each other. `cifar10/test` is looked at only to say how good it is.
One thread and one seed: the same number of steps on the same machine gives the same weights.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

SHARED = Path(__file__).parents[3] / "shared"
MEAN = np.array([0.485, 0.456, 0.406], np.float32).reshape(3, 1, 1)
STD = np.array([0.229, 0.224, 0.225], np.float32).reshape(3, 1, 1)
SIZE = 32
BATCH = 64

# MobileNetV1 at a width of 0.25, its strides for 32x32: channels and stride of each depthwise pair.
V1 = [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 1), (256, 1)]
# Linear bottlenecks as of MobileNetV2: expansion, channels, stride.
V2 = [(1, 8, 1), (6, 12, 1), (6, 16, 2), (6, 16, 1), (6, 24, 2), (6, 24, 1), (6, 24, 1), (6, 40, 2), (6, 40, 1), (6, 40, 1)]


def normalised(inputs, outputs, kernel, stride=1, groups=1):
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


def mobilenet_v1():
    layers = [*normalised(3, 8, 3), nn.ReLU6()]
    channels = 8
    for outputs, stride in V1:
        layers += [*normalised(channels, channels, 3, stride, channels), nn.ReLU6()]
        layers += [*normalised(channels, outputs, 1), nn.ReLU6()]
        channels = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


class Bottleneck(nn.Module):
    def __init__(self, inputs, expansion, outputs, stride):
        super().__init__()
        hidden = inputs * expansion
        expand = [*normalised(inputs, hidden, 1), nn.ReLU6()] if expansion > 1 else []
        depthwise = [*normalised(hidden, hidden, 3, stride, hidden), nn.ReLU6()]
        self.layers = nn.Sequential(*expand, *depthwise, *normalised(hidden, outputs, 1))
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.layers(x) if self.shortcut else self.layers(x)


def mobilenet_v2():
    layers = [*normalised(3, 16, 3), nn.ReLU6()]
    channels = 16
    for expansion, outputs, stride in V2:
        layers.append(Bottleneck(channels, expansion, outputs, stride))
        channels = outputs
    last = [*normalised(channels, 160, 1), nn.ReLU6()]
    return nn.Sequential(*layers, *last, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(160, 10))


def read(folder, size=None):
    """Images of a folder of classes, H x W x 3 bytes, and their classes."""
    names = sorted(p.name for p in (SHARED / "data" / folder).iterdir())
    found = []
    for label, name in enumerate(names):
        for path in sorted((SHARED / "data" / folder / name).iterdir()):
            found.append((np.asarray(Image.open(path).convert("RGB")), label))
    return [image for image, _ in found], np.array([label for _, label in found])


def apart_from(images, others):
    """Those of some images that none of the others resembles: a copy of a test image must not be learned from."""
    known = np.stack(others).reshape(len(others), -1).astype(np.float32)
    kept = []
    for image in images:
        distance = np.abs(known - image.reshape(-1)).mean(1).min()
        if distance > 12:
            kept.append(image)
    return kept


def view(image, draw):
    """A random view: a part of 60 to 100 % of the image (all of the border mirrored), mirrored, its colours shifted."""
    padded = np.pad(image, ((4, 4), (4, 4), (0, 0)), mode="reflect")
    side = SIZE if draw.random() < 0.5 else int(draw.integers(22, 37))
    y, x = draw.integers(0, padded.shape[0] - side + 1, 2)
    crop = padded[y : y + side, x : x + side]
    return finish(crop, draw)


def part(image, draw):
    """A part of a larger image."""
    height, width, _ = image.shape
    side = int(min(height, width) * draw.uniform(0.2, 1))
    y, x = draw.integers(0, height - side + 1), draw.integers(0, width - side + 1)
    return finish(image[y : y + side, x : x + side], draw)


def finish(crop, draw):
    if crop.shape[0] != SIZE:
        crop = np.asarray(Image.fromarray(crop).resize((SIZE, SIZE), Image.BILINEAR))
    if draw.random() < 0.5:
        crop = crop[:, ::-1]
    if draw.random() < 0.5:
        crop = np.clip(crop * draw.uniform(0.8, 1.2, 3) + draw.uniform(-15, 15), 0, 255)
    return np.asarray(crop, np.float32)


def mixed(a, b, draw):
    """Two images averaged, or a rectangle of one in the other."""
    if draw.random() < 0.5:
        share = draw.uniform(0.2, 0.8)
        return share * a + (1 - share) * b
    out = a.copy()
    height, width = draw.integers(8, 25, 2)
    y, x = draw.integers(0, SIZE - height + 1), draw.integers(0, SIZE - width + 1)
    out[y : y + height, x : x + width] = b[y : y + height, x : x + width]
    return out


def pool(count, seed):
    """Images to learn from, count x 3 x 32 x 32 bytes: 45 % views, 35 % mixed, 20 % parts of larger images."""
    draw = np.random.default_rng(seed)
    test, _ = read("cifar10/test")
    own, _ = read("cifar10/calibration")
    more = read("cifar10-jpeg/calibration")[0] + read("cifar10-jpeg/test")[0]
    small = apart_from(own + more, test)
    large = read("imagenet/calibration")[0] + read("imagenet/test")[0]
    print(f"{len(small)} small images, {len(large)} large ones", flush=True)
    pick = lambda: view(small[draw.integers(len(small))], draw)
    images = np.empty((count, 3, SIZE, SIZE), np.uint8)
    for n in range(count):
        kind = draw.random()
        if kind < 0.45:
            image = pick()
        elif kind < 0.8:
            image = mixed(pick(), pick(), draw)
        else:
            image = part(large[draw.integers(len(large))], draw)
        images[n] = np.rint(image).astype(np.uint8).transpose(2, 0, 1)
    return images


def tensor(images):
    return (images.astype(np.float32) / 255 - MEAN) / STD


def logits_of(teacher, images):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(SHARED / "models" / teacher), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    parts = [session.run(None, {name: tensor(images[k : k + 50])})[0] for k in range(0, len(images), 50)]
    return np.concatenate(parts)


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        found = model(torch.from_numpy(tensor(images))).argmax(1).numpy()
    model.train()
    return 100 * float((found == labels).mean())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["v1", "v2"])
    parser.add_argument("--pool", type=int, default=32000)
    parser.add_argument("--steps", type=int, default=9000, help="batches")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path, help="where the pool is kept for another run")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    draw = np.random.default_rng(options.seed)

    if options.cache and options.cache.exists():
        kept = np.load(options.cache)
        images, logits = kept["images"], kept["logits"]
    else:
        images = pool(options.pool, options.seed)
        start = time.time()
        logits = logits_of("resnet56-cifar10.onnx", images)
        print(f"teacher: {len(images)} images in {time.time() - start:.0f} s", flush=True)
        if options.cache:
            np.savez(options.cache, images=images, logits=logits)
    test, labels = read("cifar10/test")
    test = np.stack(test).transpose(0, 3, 1, 2)

    model = mobilenet_v1() if options.kind == "v1" else mobilenet_v2()
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    model = model.to(memory_format=torch.channels_last)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0}]
    optimiser = torch.optim.AdamW(groups, lr=options.rate)
    start, step, seen, loss_sum = time.time(), 0, time.time(), 0.0
    done = 0.0
    while done < 1:
        warm = min(1, (step + 1) / 300)
        for group in optimiser.param_groups:
            group["lr"] = options.rate * warm * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-6
        at = draw.integers(0, len(images), BATCH)
        x = torch.from_numpy(tensor(images[at])).to(memory_format=torch.channels_last)
        wanted = torch.from_numpy(logits[at])
        if draw.random() < 0.5:
            x = x.flip(3)
        loss = functional.mse_loss(model(x), wanted)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        step += 1
        loss_sum = loss.item() if step == 1 else 0.98 * loss_sum + 0.02 * loss.item()
        done = step / options.steps
        if time.time() - seen > 60 or done >= 1:
            seen = time.time()
            right = accuracy(model, test, labels)
            print(f"{seen - start:.0f} s, step {step}, loss {loss_sum:.3f}, {right:.1f} % of the test images", flush=True)
            export(model, options.out)
    print(f"teacher {100 * (logits_of('resnet56-cifar10.onnx', test).argmax(1) == labels).mean():.1f} %")


def export(model, out):
    model.eval()
    axes = {"input": {0: "N"}, "logits": {0: "N"}}
    names = {"input_names": ["input"], "output_names": ["logits"]}
    torch.onnx.export(model, torch.zeros(1, 3, SIZE, SIZE), str(out), opset_version=13, dynamic_axes=axes, **names)
    model.train()


main()
