"""Curvature of networks of torchvision and Hugging Face, exported to ONNX, beside PyTorch's in float64.

    python Tests/scripts/networks.py --curvature .build/debug/curvature [--only NAME ...] [--fixed N] [--markdown out.md]

Each network is made as small as its constructor allows, gets random weights and random statistics of its normalizations, and is
exported in evaluation mode. Loss, gradient, Hessian product and GGN product with one random vector are compared: the table gives
relative errors in the Euclidean norm. PyTorch's own come from reverse mode, twice.
The table's `dynamo` is `torch.onnx.export` as it is, `dynamo, plain` the same without its optimizer where that renames or folds parameters,
`torchscript` the older exporter. With `--fixed N` the exporters fix the batch at N examples; the data have as many as ever. Needs the packages torch, torchvision, transformers, onnx, onnxscript, numpy and safetensors.
"""

import argparse
import contextlib
import copy
import io
import logging
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import onnx
import torch
from safetensors.numpy import load_file, save_file
from torch.func import functional_call

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from network_zoo import NETWORKS  # noqa: E402

REQUESTS = ["loss", "gradient", "hv = hessian @ v", "gv = ggn @ v"]


def export(network, inputs, exporter, path, fixed=None):
    batch = torch.export.Dim("batch")
    if fixed:
        inputs = inputs[:fixed]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        if exporter.startswith("dynamo"):
            torch.onnx.export(
                network, (inputs,), path, dynamo=True, input_names=["inputs"], dynamic_shapes=None if fixed else ({0: batch},),
                optimize="plain" not in exporter)
        else:
            # Nothing folded, so that parameters keep their names and values.
            torch.onnx.export(
                network, (inputs,), path, dynamo=False, input_names=["inputs"], dynamic_axes=None if fixed else {"inputs": {0: "batch"}},
                do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE, opset_version=18)


class InDouble(torch.overrides.TorchFunctionMode):
    """Some networks compute their normalizations and positions in float32 whatever their own precision is."""

    def __torch_function__(self, function, types, arguments=(), options=None):
        def double(value):
            return torch.float64 if value is torch.float32 else value

        if function is torch.Tensor.float:
            function = torch.Tensor.double
        return function(*map(double, arguments), **{key: double(value) for key, value in (options or {}).items()})


def reference(network, parameters, inputs, targets, v):
    """Loss, gradient, Hessian product and GGN product, as PyTorch computes them.

    `parameters` are lists of names: those of one list are one parameter."""
    for module in network.modules():
        # PyTorch has no second derivative of its own hard sigmoid.
        if isinstance(module, torch.nn.Hardsigmoid):
            module.forward = lambda x: torch.nn.functional.relu6(x + 3) / 6
        elif isinstance(module, torch.nn.Hardswish):
            module.forward = lambda x: x * torch.nn.functional.relu6(x + 3) / 6
    values = dict(network.named_parameters(remove_duplicate=False))
    leaves = [values[names[0]].detach().clone().requires_grad_() for names in parameters]
    used = {name: leaf for names, leaf in zip(parameters, leaves) for name in names}
    tangents, start = [], 0
    for leaf in leaves:
        tangents.append(torch.from_numpy(v[start:start + leaf.numel()]).reshape(leaf.shape))
        start += leaf.numel()

    def criterion(outputs):
        return torch.nn.functional.cross_entropy(outputs.reshape(-1, outputs.shape[-1]), targets.reshape(-1))

    def along(parts):
        return sum((part * tangent).sum() for part, tangent in zip(parts, tangents))

    def flat(parts):
        return torch.cat([part.reshape(-1) for part in parts]).detach().numpy()

    # Only the plain kernel of attention has second derivatives.
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH), InDouble():
        value = functional_call(network, used, (inputs,), tie_weights=False)
        loss = criterion(value)
        gradient = torch.autograd.grad(loss, leaves, create_graph=True, materialize_grads=True)
        hv = torch.autograd.grad(along(gradient), leaves, retain_graph=True, materialize_grads=True)
        # The transpose of the transpose is J: no operator needs a forward mode of its own.
        seed = torch.zeros_like(value, requires_grad=True)
        pulled = torch.autograd.grad(value, leaves, seed, create_graph=True, materialize_grads=True)
        (jv,) = torch.autograd.grad(along(pulled), seed, retain_graph=True)
        at = value.detach().requires_grad_()
        (slope,) = torch.autograd.grad(criterion(at), at, create_graph=True)
        (curved,) = torch.autograd.grad(slope, at, jv)
        gv = torch.autograd.grad(value, leaves, curved, materialize_grads=True)
    return {"loss": np.array(loss.item()), "gradient": flat(gradient), "hv": flat(hv), "gv": flat(gv)}


def selected(network, path):
    """The parameters that the file has under their own names and with their own values, each with the names that PyTorch ties
    to it, and the names that are missing. Tied parameters of which the file has copies with names are parameters of their own."""
    initializers = {entry.name: entry for entry in onnx.load(path, load_external_data=False).graph.initializer}
    groups = {}
    for name, value in network.named_parameters(remove_duplicate=False):
        groups.setdefault(id(value), []).append((name, value))
    kept, missing = [], []
    for group in groups.values():
        names = [name for name, _ in group]
        present = [name for name, value in group if name in initializers and np.array_equal(
            onnx.numpy_helper.to_array(initializers[name], str(path.parent)), value.detach().numpy())]
        if len(present) == 1:
            kept.append(present + [name for name in names if name not in present])
        elif present:
            kept += [[name] for name in present]
        else:
            missing.append(names[0])
    return kept, missing


def size_of(network, parameters):
    values = dict(network.named_parameters(remove_duplicate=False))
    return sum(values[names[0]].numel() for names in parameters)


def rounded_constants(path):
    """How many constants of a float64 network the exporter rounded to float32: with them it is another function."""
    graph = onnx.load(path, load_external_data=False).graph
    constants = [attribute.t for node in graph.node if node.op_type == "Constant" for attribute in node.attribute if attribute.name == "value"]
    constants += [entry for entry in graph.initializer if entry.data_type == onnx.TensorProto.FLOAT]
    values = [onnx.numpy_helper.to_array(entry, str(path.parent)).reshape(-1) for entry in constants if entry.data_type == onnx.TensorProto.FLOAT]
    return sum(bool((np.isfinite(entry) & (entry * 1024 % 1 != 0)).any()) for entry in values)


def difference(found, wanted):
    return float(np.linalg.norm(found.reshape(-1) - wanted.reshape(-1)) / max(np.linalg.norm(wanted), 1e-300))


def compare(binary, network, inputs, targets, exporter, folder, fixed):
    path = folder / "model.onnx"
    export(network, inputs, exporter, path, fixed)
    parameters, missing = selected(network, path)
    if not parameters:
        raise RuntimeError("no parameter has its name in the file")
    random = np.random.default_rng(7)
    v = random.standard_normal(size_of(network, parameters))
    wanted = reference(network, parameters, inputs, targets, v)
    save_file({"inputs": inputs.numpy(), "targets": targets.numpy()}, folder / "data.safetensors")
    save_file({"v": v}, folder / "vectors.safetensors")
    arguments = [binary, "eval", *REQUESTS, "--model", path, "--data", folder / "data.safetensors", "--vectors",
                 folder / "vectors.safetensors", "--loss", "cross-entropy", "--precision", "float64", "--parameters",
                 ",".join(names[0] for names in parameters), "--output", folder / "results.safetensors"]
    begin = time.time()
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, timeout=1200)
    if done.returncode != 0:
        raise RuntimeError(next((line for line in done.stderr.splitlines() if line.startswith("error")), done.stderr.strip()[-300:]))
    found = load_file(folder / "results.safetensors")
    errors = {name: difference(found[name], wanted[name]) for name in wanted}
    notes = []
    if missing:
        notes.append(f"without {len(missing)} parameters that the exporter renamed or folded: {', '.join(missing[:3])}")
    if count := rounded_constants(path):
        notes.append(f"the exporter rounded {count} constants to float32")
    return v.size, errors, "; ".join(notes), time.time() - begin, not missing


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--curvature", default=".build/debug/curvature")
    parser.add_argument("--only", nargs="*", default=[], help="parts of networks' names")
    parser.add_argument("--exporters", nargs="*", default=["dynamo", "dynamo, plain", "torchscript"])
    parser.add_argument("--fixed", type=int, help="examples at which the exporters fix the batch")
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the exported models")
    arguments = parser.parse_args()
    torch.backends.mha.set_fastpath_enabled(False)
    lines = ["| network | exporter | parameters | loss | gradient | Hv | Gv | seconds | |", "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
    print("\n".join(lines))
    for name, make in NETWORKS.items():
        if arguments.only and not any(part in name for part in arguments.only):
            continue
        torch.manual_seed(3)
        network, inputs, targets = make()
        is_complete = False
        for exporter in arguments.exporters:
            # The exporter's optimizer folds normalizations into convolutions, for instance: the same function, of other parameters.
            if is_complete and exporter == "dynamo, plain":
                continue
            with tempfile.TemporaryDirectory() as temporary:
                folder = arguments.keep / f"{name}_{exporter}" if arguments.keep else pathlib.Path(temporary)
                folder.mkdir(parents=True, exist_ok=True)
                try:
                    # A copy, since what is compared may be rewritten for PyTorch's sake.
                    count, errors, notes, seconds, is_complete = compare(arguments.curvature, copy.deepcopy(network), inputs, targets, exporter, folder,
                        arguments.fixed)
                    line = f"| {name} | {exporter} | {count} | " + " | ".join(f"{errors[key]:.0e}" for key in ("loss", "gradient", "hv", "gv"))
                    line += f" | {seconds:.0f} | {notes} |"
                except Exception as error:
                    text = str(error).strip().splitlines()[0] if str(error).strip() else ""
                    line = f"| {name} | {exporter} | {type(error).__name__}: {text[:300]} | | | | | | |"
                lines.append(line)
                print(line, flush=True)
    if arguments.markdown:
        arguments.markdown.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
