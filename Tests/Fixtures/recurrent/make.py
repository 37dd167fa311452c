"""Writes the files of this folder: recurrent networks with their curvature as PyTorch computes it in float64, for RecurrentFixtureTests.

Needs what Tests/scripts/networks.py needs: python make.py
"""
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent.parent / "scripts"))
from network_zoo import NETWORKS  # noqa: E402
from networks import export, reference, selected, size_of  # noqa: E402

for name, key in [("rnn", "RNN"), ("gru", "GRU, both ways"), ("lstm", "LSTM, two layers")]:
    torch.manual_seed(3)
    network, inputs, targets = NETWORKS[key]()
    path = FOLDER / f"{name}.onnx"
    export(network, inputs, "torchscript", path)
    parameters, missing = selected(network, path)
    assert not missing, missing
    v = np.random.default_rng(7).standard_normal(size_of(network, parameters))
    wanted = reference(network, parameters, inputs, targets, v)
    # Names that requests can take beside these of the file.
    wanted["reference_loss"], wanted["reference_gradient"] = wanted.pop("loss"), wanted.pop("gradient")
    wanted["reference_hessian_v"], wanted["reference_ggn_v"] = wanted.pop("hv"), wanted.pop("gv")
    save_file({"inputs": inputs.numpy(), "targets": targets.numpy()}, FOLDER / f"{name}_data.safetensors")
    save_file({"v": v, **wanted}, FOLDER / f"{name}_expected.safetensors", {"parameters": ",".join(names[0] for names in parameters)})
