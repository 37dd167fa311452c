"""Writes the ONNX files of this folder: small networks that ModelImportTests.swift builds in Swift as well.

Needs torch and onnx: python make.py
"""
import pathlib

import onnx
import torch
from torch import nn

FOLDER = pathlib.Path(__file__).parent


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Attention(nn.Module):
    def __init__(self, features, heads):
        super().__init__()
        self.heads = heads
        for name in ["query", "key", "value", "output"]:
            setattr(self, name, nn.Linear(features, features))

    def forward(self, x):
        positions, features = x.shape[1:]
        width = features // self.heads
        split = lambda y: y.reshape(-1, positions, self.heads, width).transpose(1, 2)
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = q @ k.transpose(-1, -2) / width**0.5
        mask = torch.ones(positions, positions, dtype=torch.bool).tril()
        weights = scores.masked_fill(~mask, float("-inf")).softmax(-1)
        return self.output((weights @ v).transpose(1, 2).reshape(-1, positions, features))


class Block(nn.Module):
    def __init__(self, features, heads, hidden):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.attention = Attention(features, heads)
        self.feed_forward = nn.Sequential(nn.Linear(features, hidden), nn.GELU(), nn.Linear(hidden, features))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.feed_forward(self.norm2(x))


class Rows(nn.Module):
    """A table of rows, one for each position."""

    def __init__(self, count, features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(count, features))

    def forward(self, x):
        return x + self.weight[: x.shape[1]]


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(7, 6), Rows(4, 6)
        self.blocks = nn.Sequential(Block(6, 2, 8))
        self.norm = nn.LayerNorm(6)
        self.head = nn.Linear(6, 7, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.positions(self.tokens(x)))))


def randomize_normalizations(model):
    # Equal tensors would be written as one.
    for module in model.modules():
        if isinstance(module, (nn.LayerNorm, nn.GroupNorm, nn.BatchNorm2d)):
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)


def export(name, model, inputs):
    randomize_normalizations(model)
    # In float64, so that constants such as the root of two are not rounded to float32.
    model.double()
    inputs = inputs.double() if inputs.is_floating_point() else inputs
    torch.onnx.export(
        model.eval(), (inputs,), FOLDER / f"{name}.onnx", input_names=["inputs"], output_names=["prediction"],
        dynamic_axes={"inputs": {0: "batch"}, "prediction": {0: "batch"}}, do_constant_folding=False, dynamo=False,
        opset_version=17)
    written = onnx.load(FOLDER / f"{name}.onnx")
    for node in written.graph.node:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    del written.graph.value_info[:]
    onnx.save(written, FOLDER / f"{name}.onnx")


torch.manual_seed(0)
export("perceptron", nn.Sequential(
    nn.Linear(5, 6), nn.LayerNorm(6), nn.GELU(), nn.Linear(6, 4), nn.Softplus(), nn.Linear(4, 3)), torch.randn(2, 5))
# The exporter would fold a normalization that follows a convolution into it.
export("convolutional", nn.Sequential(
    nn.Conv2d(2, 4, 3, padding=1), nn.SiLU(), nn.BatchNorm2d(4),
    Residual(nn.Sequential(nn.Conv2d(4, 4, 3, stride=2, padding=2, dilation=2, groups=2), nn.Tanh()), nn.Conv2d(4, 4, 1, stride=2)),
    nn.GroupNorm(2, 4), nn.LeakyReLU(0.1), nn.MaxPool2d(2, stride=1), nn.AvgPool2d(2, stride=1, padding=1),
    nn.Flatten(), nn.Linear(36, 3)), torch.randn(2, 2, 6, 6))
export("language", LanguageModel(), torch.randint(0, 7, (2, 4)))
