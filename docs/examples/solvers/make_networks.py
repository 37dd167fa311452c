#!/usr/bin/env python3
"""Trains a small residual network and a small causal transformer and writes them as ONNX, for solvers.py.

Needs torch, onnx, onnxscript, scikit-learn, numpy and safetensors:

    python make_networks.py [FOLDER]

writes resnet.onnx, transformer.onnx and transformer_data.safetensors into FOLDER (this one unless said). The residual network
is trained on the digits of ../digits/cnn_data.safetensors.
"""
import logging
import pathlib
import sys
import warnings

import numpy as np
import onnx
import torch
from safetensors.numpy import load_file, save_file
from torch import nn
from torch.nn import functional

TOKENS, LENGTH, SEQUENCES = 7, 12, 256


class Residual(nn.Module):
    """Two convolutions with batch norm beside a shortcut; a convolution 1x1 with batch norm where the shape changes."""

    def __init__(self, channels: int, out: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(out)
        self.shortcut = nn.Identity() if channels == out and stride == 1 else nn.Sequential(
            nn.Conv2d(channels, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)))))
        return functional.relu(y + self.shortcut(x))


def resnet() -> nn.Module:
    """1x8x8 image to 10 logits."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(),
        Residual(6, 6, 1), Residual(6, 10, 2), nn.AvgPool2d(4), nn.Flatten(), nn.Linear(10, 10))


class Block(nn.Module):
    """Causal attention and a feed-forward network, each behind a layer norm and beside a shortcut."""

    def __init__(self, features: int, heads: int, hidden: int):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.query, self.key, self.value, self.output = (nn.Linear(features, features) for _ in range(4))
        self.up, self.down = nn.Linear(features, hidden), nn.Linear(hidden, features)

    def attend(self, x):
        positions, features = x.shape[1:]
        q, k, v = (f(x).reshape(-1, positions, self.heads, features // self.heads).transpose(1, 2)
                   for f in (self.query, self.key, self.value))
        scores = q @ k.transpose(-1, -2) / (features // self.heads) ** 0.5
        mask = torch.ones(positions, positions, dtype=torch.bool).tril()
        weights = scores.masked_fill(~mask, float("-inf")).softmax(-1)
        return self.output((weights @ v).transpose(1, 2).reshape(-1, positions, features))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.down(functional.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    """Tokens (N, 11) to logits of the next token (N, 11, 7)."""

    def __init__(self, features: int = 10):
        super().__init__()
        self.tokens = nn.Embedding(TOKENS, features)
        self.positions = nn.Parameter(0.1 * torch.randn(LENGTH - 1, features))
        self.blocks = nn.Sequential(Block(features, 2, 2 * features), Block(features, 2, 2 * features))
        self.norm = nn.LayerNorm(features)
        self.head = nn.Linear(features, TOKENS)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.tokens(x) + self.positions)))


def sequences() -> np.ndarray:
    """Each token is the sum of the two before it, modulo 7, but one in ten is drawn at random, and so are the first two."""
    random = np.random.default_rng(0)
    x = random.integers(0, TOKENS, (SEQUENCES, LENGTH))
    noise = random.random((SEQUENCES, LENGTH)) < 0.1
    for t in range(2, LENGTH):
        x[:, t] = np.where(noise[:, t], x[:, t], (x[:, t - 1] + x[:, t - 2]) % TOKENS)
    return x


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int, weight_decay: float) -> float:
    """Minibatch Adam as in make_digits.py; returns the mean cross-entropy at the end, in evaluation mode."""
    batches = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    loss = lambda rows: functional.cross_entropy(model(x[rows]).flatten(0, -2), y[rows].flatten())
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=batches).split(64):
            optimizer.zero_grad()
            loss(rows).backward()
            optimizer.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        return loss(slice(None)).item()


def export(model: nn.Module, example: torch.Tensor, path: pathlib.Path) -> None:
    # Unoptimized, or the exporter would fold the batch norms into the convolutions.
    torch.onnx.export(
        model, (example,), path, dynamo=True, external_data=False, verbose=False, optimize=False,
        input_names=["inputs"], output_names=["logits"], dynamic_shapes=({0: torch.export.Dim("batch")},))
    proto = onnx.load(path)
    for part in [proto, proto.graph, *proto.graph.node, *proto.graph.input, *proto.graph.output,
                 *proto.graph.value_info, *proto.graph.initializer]:
        del part.metadata_props[:]
    del proto.graph.value_info[:]
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)


def main() -> None:
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    folder.mkdir(parents=True, exist_ok=True)

    digits = load_file(here.parent / "digits" / "cnn_data.safetensors")
    tokens = sequences()
    data = {"inputs": tokens[:, :-1].astype(np.uint8), "targets": tokens[:, 1:].astype(np.uint8)}
    save_file(data, folder / "transformer_data.safetensors")
    (folder / "transformer_data.safetensors").chmod(0o644)
    for name, make, x, y, epochs in [
            ("resnet", resnet, digits["inputs"], digits["targets"], 20),
            ("transformer", Transformer, tokens[:, :-1].copy(), tokens[:, 1:].copy(), 300)]:
        torch.manual_seed(0)
        model = make()
        x, y = torch.from_numpy(x), torch.from_numpy(y)
        loss = train(model, x, y, epochs, weight_decay=1e-3)
        export(model, x[:2], folder / f"{name}.onnx")
        print(f"{name}: {sum(p.numel() for p in model.parameters())} parameters, mean cross-entropy {loss:.6f}", flush=True)


if __name__ == "__main__":
    main()
