"""Writes the files of this folder: networks that use a weight in several ways, each exported with constants folded (what PyTorch's exporters
do unless told), with loss, gradient and Hessian product as PyTorch computes them in float64. For WeightCopyFixtureTests.

Needs the packages torch, onnx, onnxscript, numpy and safetensors: python make.py
"""
import contextlib
import io
import logging
import pathlib
import warnings

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import nn
from torch.func import functional_call

FOLDER = pathlib.Path(__file__).parent
logging.disable(logging.WARNING)


class Autoencoder(nn.Module):
    """The decoder is the encoder transposed: 23 numbers."""

    def __init__(self):
        super().__init__()
        self.encoder, self.middle = nn.Linear(5, 2), nn.Linear(2, 2)
        self.shift = nn.Parameter(torch.randn(5) * 0.3)

    def forward(self, x):
        hidden = torch.tanh(self.middle(torch.tanh(self.encoder(x))))
        return F.linear(hidden, self.encoder.weight.t(), self.shift)


class Slices(nn.Module):
    """Parts of one tensor as several layers' weights, one of them transposed, and a row of a table that is used whole as well."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(3, 4, 4) * 0.5)
        self.table = nn.Parameter(torch.randn(5, 4) * 0.5)

    def forward(self, x):
        hidden = torch.tanh(torch.tanh(x @ self.w[0]) @ self.w[1].T) + self.table[2]
        hidden = torch.einsum("nd,ed->ne", hidden, self.table) @ self.table
        return hidden @ self.w.permute(1, 0, 2).reshape(4, 12)


class Convolutions(nn.Module):
    """A kernel with its channels exchanged."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, (2, 1))

    def forward(self, x):
        return F.conv2d(torch.tanh(self.conv(x)), self.conv.weight.permute(1, 0, 2, 3)).flatten(1)


def write(name, network, inputs, exporter, views):
    """`views` gives, for each parameter in the file's order, its name there, its shape, and the network's parameter as made of it."""
    network, path = network.double().eval(), FOLDER / f"{name}.onnx"
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        if exporter == "dynamo":
            torch.onnx.export(
                network, (inputs,), path, dynamo=True, input_names=["inputs"], external_data=False,
                dynamic_shapes=({0: torch.export.Dim("batch")},))
        else:
            torch.onnx.export(
                network, (inputs,), path, dynamo=False, input_names=["inputs"], dynamic_axes={"inputs": {0: "batch"}})
    # Traces of the calls would make another file on every machine.
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    onnx.save(model, path)
    parameters = dict(network.named_parameters())
    assert {key for _, _, key, _ in views} == set(parameters)
    targets = torch.from_numpy(np.random.default_rng(5).standard_normal(network(inputs).shape))

    def loss(*values):
        state = {key: back(value) for (_, _, key, back), value in zip(views, values)}
        return F.mse_loss(functional_call(network, state, (inputs,)), targets, reduction="sum")

    values = tuple(
        torch.from_numpy(to_file(parameters[key].detach()).numpy().copy()) for _, to_file, key, _ in views)
    v = [torch.from_numpy(np.random.default_rng(7 + i).standard_normal(x.shape)) for i, x in enumerate(values)]
    value, gradient = torch.func.grad_and_value(loss, argnums=tuple(range(len(values))))(*values)[::-1]
    product = torch.func.jvp(
        lambda *x: torch.func.grad(loss, argnums=tuple(range(len(values))))(*x), values, tuple(v))[1]

    def flat(tensors):
        return np.concatenate([x.detach().numpy().ravel() for x in tensors])

    save_file({"inputs": np.ascontiguousarray(inputs.numpy()), "targets": targets.numpy()}, FOLDER / f"{name}_data.safetensors")
    save_file(
        {"v": flat(v), "reference_loss": value.detach().numpy(), "reference_gradient": flat(gradient),
         "reference_product": flat(product)},
        FOLDER / f"{name}_expected.safetensors", {"parameters": ",".join(name for name, _, _, _ in views)})


def same(*names):
    return [(name, lambda x: x, name, lambda x: x) for name in names]


def wide(x):
    return x.permute(1, 0, 2).reshape(4, 12)


def high(x):
    return x.reshape(4, 3, 4).permute(1, 0, 2)


torch.manual_seed(3)
rows = torch.randn(4, 5, dtype=torch.float64)
whole = ["shift", "encoder.weight", "encoder.bias", "middle.weight", "middle.bias"]
write("autoencoder", Autoencoder(), rows, "dynamo", same(*whole))
slices = Slices()
write("slices", slices, rows[:, :4], "dynamo", same("table") + [("_unsafe_view", wide, "w", high)])
write("slices_torchscript", slices, rows[:, :4], "torchscript", same("table") + [("onnx::MatMul_26", wide, "w", high)])
write(
    "convolutions", Convolutions(), torch.randn(3, 2, 4, 3, dtype=torch.float64), "dynamo",
    same("conv.weight", "conv.bias"))
