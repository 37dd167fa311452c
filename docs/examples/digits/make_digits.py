#!/usr/bin/env python3
"""Trains two small classifiers of handwritten digits and writes them with their training data.

Needs torch, onnx, onnxscript, scikit-learn, numpy and safetensors. Runs on the CPU in well under a minute:

    python make_digits.py [FOLDER]

writes, into FOLDER (this one unless said),

    cnn.onnx  cnn_data.safetensors  cnn_vectors.safetensors
    mlp.onnx  mlp_data.safetensors  mlp_vectors.safetensors
"""
import logging
import pathlib
import sys
import time
import warnings

import numpy as np
import onnx
import torch
from safetensors.numpy import save_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

SEED = 0


def cnn() -> nn.Module:
    """1x8x8 image to 10 logits, 1,898 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64, 10))


def mlp() -> nn.Module:
    """64 pixels to 10 logits, 6,570 parameters."""
    return nn.Sequential(
        nn.Linear(64, 64), nn.Tanh(),
        nn.Linear(64, 32), nn.Tanh(),
        nn.Linear(32, 10))


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int, weight_decay: float) -> None:
    """Minibatch Adam on the mean cross-entropy plus weight_decay / 2 times the squared norm of the parameters."""
    batches = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=batches).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        schedule.step()


@torch.no_grad()
def measure(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    z = model(x)
    return nn.functional.cross_entropy(z, y).item(), (z.argmax(1) == y).float().mean().item()


def export(model: nn.Module, example: torch.Tensor, path: pathlib.Path) -> list[onnx.TensorProto]:
    """Writes the model with a batch axis of any length and its weights inside the file; returns the weights."""
    torch.onnx.export(
        model, (example,), path, dynamo=True, external_data=False, verbose=False,
        input_names=["image"], output_names=["logits"], dynamic_shapes=({0: torch.export.Dim("batch")},))
    proto = onnx.load(path)
    for part in [proto, proto.graph, *proto.graph.node, *proto.graph.input, *proto.graph.output,
                 *proto.graph.value_info, *proto.graph.initializer]:
        del part.metadata_props[:]  # the exporter's notes on where in the Python source each node came from
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)
    weights = [w for w in proto.graph.initializer if w.data_type == onnx.TensorProto.FLOAT]
    # Every floating-point initializer must be one of the model's parameters, by its name.
    assert {w.name: tuple(w.dims) for w in weights} == {k: tuple(p.shape) for k, p in model.named_parameters()}
    return weights


def write(tensors: dict[str, np.ndarray], path: pathlib.Path) -> None:
    save_file(tensors, path)
    path.chmod(0o644)


def main() -> None:
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)

    images, labels = load_digits(return_X_y=True)  # 1,797 images, 8 by 8, grey values 0 to 16
    images = (images / 16).astype(np.float32)
    labels = labels.astype(np.int64)
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=360, random_state=SEED, stratify=labels)

    for name, make, shape, epochs in [("cnn", cnn, (1, 8, 8), 40), ("mlp", mlp, (64,), 60)]:
        start = time.perf_counter()
        torch.manual_seed(SEED)
        model = make()
        x, y = torch.from_numpy(train_x).reshape(-1, *shape), torch.from_numpy(train_y)
        train(model, x, y, epochs, weight_decay=1e-3)
        model.eval()
        loss, accuracy = measure(model, x, y)
        test_loss, test_accuracy = measure(model, torch.from_numpy(test_x).reshape(-1, *shape), torch.from_numpy(test_y))

        weights = export(model, x[:2], folder / f"{name}.onnx")
        count = sum(int(np.prod(w.dims)) for w in weights)
        v = np.random.default_rng(SEED).standard_normal(count)
        write({"inputs": x.numpy(), "targets": y.numpy()}, folder / f"{name}_data.safetensors")
        write({"v": (v / np.linalg.norm(v)).astype(np.float32)}, folder / f"{name}_vectors.safetensors")

        print(f"{name}: {count} parameters, {time.perf_counter() - start:.1f} s")
        print(f"  training ({len(x)} images): mean cross-entropy {loss:.6f}, accuracy {100 * accuracy:.2f} %")
        print(f"  test     ({len(test_x)} images): mean cross-entropy {test_loss:.6f}, accuracy {100 * test_accuracy:.2f} %")
        for w in weights:
            print(f"  {w.name} {list(w.dims)}")


if __name__ == "__main__":
    main()
