"""Writes the files of this folder: a network with an LSTM (two layers, both ways) and a GRU, as PyTorch's exporters write it with constants
folded, and weights and vectors as PyTorch names and orders them, with what PyTorch computes for these in float64. For RecurrentOrderTests.

Needs the packages torch, onnx, onnxscript, numpy and safetensors: python make.py
"""
import contextlib
import io
import logging
import pathlib
import warnings

import onnx
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn
from torch.func import functional_call

FOLDER = pathlib.Path(__file__).parent
logging.disable(logging.WARNING)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 2, 2, batch_first=True, bidirectional=True)

    def forward(self, x):
        return self.rnn(x)[0]


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoders = nn.ModuleList([Encoder()])
        self.gru = nn.GRU(4, 3, batch_first=True)
        self.head = nn.Linear(3, 2)

    def forward(self, x):
        return self.head(self.gru(self.encoders[0](x))[0][:, -1])


torch.manual_seed(3)
network = Network().double().eval()
inputs = torch.randn(4, 3, 3, dtype=torch.float64)
for exporter in ["dynamo", "torchscript"]:
    path = FOLDER / f"{exporter}.onnx"
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
        kept = [entry for entry in node.metadata_props if entry.key == "pkg.torch.onnx.name_scopes"]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.ClearField("doc_string")
    onnx.save(model, path)

targets = torch.randn(4, 2, dtype=torch.float64)
names = [name for name, _ in network.named_parameters()]


def drawn():
    return {name: torch.randn_like(value) for name, value in network.named_parameters()}


def loss(state):
    return F.mse_loss(functional_call(network, state, (inputs,)), targets, reduction="sum")


def dot(a, b):
    return sum((a[name] * b[name]).sum() for name in names)


weights, u, v = drawn(), drawn(), drawn()
gradient, value = torch.func.grad_and_value(loss)(weights)
product = torch.func.jvp(torch.func.grad(loss), (weights,), (v,))[1]
save_file({"inputs": inputs, "targets": targets}, FOLDER / "data.safetensors")
for name, state in [("weights", weights), ("u", u), ("v", v), ("gradient", gradient)]:
    save_file(state, FOLDER / f"{name}.safetensors")
save_file(
    {"loss": value, "gu": dot(gradient, u), "uHv": dot(u, product), "Hv": dot(product, product).sqrt(),
     "prediction": functional_call(network, weights, (inputs,))},
    FOLDER / "expected.safetensors")
