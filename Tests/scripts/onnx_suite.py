"""ONNX's own operator suite, run through `curvature eval`.

    python Tests/scripts/onnx_suite.py --curvature .build/debug/curvature [--only NAME ...] [--jobs 2] [--json out.json]

Each case of `onnx.backend.test` whose operator is listed below becomes a model without inputs of its own: the case's inputs are
initializers, its outputs are flattened, joined, and added to a data tensor of one zero, so that they are the prediction of one example.
Compared are the outputs, and, where an output depends on real inputs, the gradient of a squared error and a Hessian product
with differences of the loss that ONNX's reference evaluator computes in float64. Needs the packages onnx, numpy and safetensors.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import load_file, save_file

OPERATORS = set(
    """
    Add Sub Mul Div Neg Sum Mean Mod Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor Not Where Exp Log Sqrt Reciprocal Pow
    Abs Sign Erf Sin Cos Tan Min Max Clip Floor Ceil Round Relu LeakyRelu PRelu Elu Selu Celu Gelu Sigmoid HardSigmoid HardSwish
    Mish Tanh Softplus Softsign ThresholdedRelu Shrink Swish MatMul Gemm Einsum Conv ConvTranspose MaxPool AveragePool GlobalAveragePool
    GlobalMaxPool BatchNormalization LayerNormalization RMSNormalization InstanceNormalization GroupNormalization Softmax LogSoftmax
    ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp Reshape
    Flatten Squeeze Unsqueeze Transpose Expand Tile Concat Split Slice Gather GatherElements GatherND ScatterElements ScatterND
    DepthToSpace SpaceToDepth Resize Pad Trilu CumSum Cast CastLike Dropout Identity LSTM GRU RNN Attention RotaryEmbedding TopK ArgMax ArgMin
    OneHot Constant ConstantOfShape Range Shape Size
    """.split()
)
REAL = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
# Real inputs that have to be known when a model is loaded: options, not values.
OPTIONS = {("Resize", 1), ("Resize", 2), ("OneHot", 2), ("Dropout", 1), ("Range", 0), ("Range", 1), ("Range", 2), ("OneHot", 1), ("Pad", 2)}


REQUESTS = ["prediction", "gradient", "hv = hessian @ v"]


class Unsuitable(Exception):
    """A case that is no question of tensors of numbers."""


def array(value):
    """A case's input or output as numbers; half precisions come as such or as their bits."""
    if isinstance(value, onnx.TensorProto):
        value = numpy_helper.to_array(value)
    if not isinstance(value, np.ndarray) and not np.isscalar(value):
        raise Unsuitable("sequences and optional values")
    value = np.asarray(value)
    if value.dtype.kind in "biuf":
        return value
    try:
        return value.astype(np.float32)
    except (TypeError, ValueError):
        raise Unsuitable(f"elements of type {value.dtype}")


def rewritten(case, index):
    """The model for `curvature`, its real inputs, and the wanted outputs, flattened and joined."""
    graph = onnx.GraphProto()
    graph.CopyFrom(case.model.graph)
    inputs, outputs = case.data_sets[index]
    opset = {entry.domain: entry.version for entry in case.model.opset_import}.get("", 13)
    reals, positions = {}, {}
    for node in graph.node:
        for position, name in enumerate(node.input):
            positions.setdefault(name, (node.op_type, position))
    main = case.name.removeprefix("test_")
    for value, given in zip(graph.input, inputs):
        if not value.type.HasField("tensor_type"):
            raise Unsuitable("sequences and optional values")
        values = array(given)
        if values.dtype.kind == "f":
            values = values.astype(np.float64)
            reals[value.name] = values
        graph.initializer.append(numpy_helper.from_array(values, value.name))
    single = graph.node[0].op_type if len(graph.node) == 1 else None
    for name in list(reals):
        if positions.get(name) in OPTIONS or (main.startswith(("resize", "onehot", "range", "dropout")) and name in ("roi", "scales", "values", "ratio", "r")):
            del reals[name]
        elif reals[name].size == 0:
            del reals[name]
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("suite_zero", TensorProto.DOUBLE, ["batch", 1]))
    wanted, parts = [], []
    for number, (output, expected) in enumerate(zip(list(graph.output), outputs)):
        if not output.type.HasField("tensor_type"):
            raise Unsuitable("sequences and optional values")
        values = array(expected)
        wanted.append(values.astype(np.float64).reshape(-1))
        cast, flat = f"suite_cast_{number}", f"suite_flat_{number}"
        graph.node.append(helper.make_node("Cast", [output.name], [cast], to=TensorProto.DOUBLE))
        graph.node.append(helper.make_node("Reshape", [cast, "suite_row"], [flat]))
        parts.append(flat)
    graph.initializer.append(numpy_helper.from_array(np.array([1, -1]), "suite_row"))
    graph.node.append(helper.make_node("Concat", parts, ["suite_all"], axis=1))
    graph.node.append(helper.make_node("Add", ["suite_all", "suite_zero"], ["suite_prediction"]))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("suite_prediction", TensorProto.DOUBLE, None))
    graph.name = "suite"
    model = helper.make_model(graph, opset_imports=list(case.model.opset_import), functions=list(case.model.functions))
    return model, reals, np.concatenate(wanted), single, opset


def evaluate(binary, folder, model, reals, requests, targets, vector=None):
    for index in range(len(model.graph.initializer)):
        name = model.graph.initializer[index].name
        if name in reals:
            model.graph.initializer[index].CopyFrom(numpy_helper.from_array(reals[name], name))
    onnx.save(model, folder / "model.onnx")
    save_file({"inputs": np.zeros((1, 1)), "targets": targets.reshape(1, -1)}, folder / "data.safetensors")
    arguments = [binary, "eval", *requests, "--model", folder / "model.onnx", "--data", folder / "data.safetensors", "--loss", "mse",
                 "--reduction", "sum", "--precision", "float64", "--threads", "1", "--output", folder / "results.safetensors"]
    if reals:
        arguments += ["--parameters", ",".join(reals)]
    else:
        arguments += ["--parameters", "suite_bias"]
    if vector is not None:
        save_file({"v": vector}, folder / "vectors.safetensors")
        arguments += ["--vectors", folder / "vectors.safetensors"]
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("error")] or done.stderr.splitlines()[-1:]
        raise RuntimeError(lines[0] if lines else f"exit status {done.returncode}")
    return load_file(folder / "results.safetensors")


def shifted(reals, flat, step):
    result, start = {}, 0
    for name, values in reals.items():
        result[name] = values + step * flat[start:start + values.size].reshape(values.shape)
        start += values.size
    return result


def derivatives_differ(results, reals, v, model, targets):
    """What is wrong with the derivatives along `v`, by differences of the loss that ONNX's reference evaluator computes."""
    def loss(step):
        feeds = shifted(reals, v, step)
        for tensor in model.graph.initializer:
            if tensor.name in feeds:
                tensor.CopyFrom(numpy_helper.from_array(feeds[tensor.name], tensor.name))
        (prediction,) = ReferenceEvaluator(model).run(None, {"suite_zero": np.zeros((1, 1))})
        return float(((prediction - targets.reshape(1, -1)) ** 2).sum())

    try:
        steps = {step: loss(step) for step in (-1e-3, -5e-4, 0, 5e-4, 1e-3)}
    except Exception as error:  # The evaluator knows some operators in float32 only, and some not at all.
        return NoOracle(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    # Fourth-order differences.
    first = (8 * (steps[5e-4] - steps[-5e-4]) - (steps[1e-3] - steps[-1e-3])) / (12 * 5e-4)
    second = (16 * (steps[5e-4] + steps[-5e-4]) - (steps[1e-3] + steps[-1e-3]) - 30 * steps[0]) / (12 * 5e-4 ** 2)
    slope, curvature = float(results["gradient"] @ v), float(results["hv"] @ v)
    largest = max(abs(value) for value in steps.values())
    if not np.isfinite([first, second]).all():
        return NoOracle("the differences are not finite")
    if abs(slope - first) > 1e-5 * max(abs(slope), abs(first)) + 1e-9 * largest + 1e-8:
        return f"gradient along v {slope:.8g}, differences {first:.8g}"
    if abs(curvature - second) > 1e-3 * max(abs(curvature), abs(second)) + 1e-6 * largest + 1e-5:
        return f"curvature along v {curvature:.8g}, differences {second:.8g}"
    return None


class NoOracle(str):
    """Why there are no differences to compare with."""


def without_parameters(model):
    """A parameter that changes nothing, for cases in which no input is real."""
    model.graph.initializer.append(numpy_helper.from_array(np.zeros((1, 1)), "suite_bias"))
    model.graph.node[-1].output[0] = "suite_sum"
    model.graph.node.append(helper.make_node("Add", ["suite_sum", "suite_bias"], ["suite_prediction"]))


def check(binary, case):
    """The outcome of a case: ('agrees' | 'differs' | 'refused' | 'unsuitable' | ..., what is to be said of it)."""
    try:
        model, reals, wanted, single, _ = rewritten(case, 0)
    except Unsuitable as reason:
        return "unsuitable", str(reason)
    if wanted.size == 0:
        return "unsuitable", "an empty output"
    random = np.random.default_rng(int(hashlib.sha256(case.name.encode()).hexdigest()[:8], 16))
    try:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            targets = random.standard_normal(wanted.size)
            # Parameters without a finite value have no derivative.
            reals = {name: values for name, values in reals.items() if np.isfinite(values).all()}
            used = {name: values for name, values in reals.items()}
            if not used:
                without_parameters(model)
            v = random.standard_normal(sum(values.size for values in used.values()) or 1)
            results = evaluate(binary, folder, model, used, REQUESTS if used else ["prediction"], targets, v)
            found = results["prediction"].reshape(-1)
            is_half = "16" in case.name
            close = found.size == wanted.size and np.allclose(
                found, wanted, rtol=2e-2 if is_half else max(case.rtol, 1e-3) / 10, atol=1e-2 if is_half else 1e-5, equal_nan=True)
            if not close:
                error = "another number of elements" if found.size != wanted.size else f"{np.nanmax(np.abs(found - wanted)):.3g}"
                return "differs", f"prediction by {error}"
            if not used:
                return "agrees", "values only: no real input"
            problem = derivatives_differ(results, used, v, model, targets)
            if isinstance(problem, NoOracle):
                return "agrees", f"values only: {problem}"
            if problem is None:
                return "agrees", ""
            # The suite likes ties and kinks, where differences are no derivatives: once more away from them.
            point = shifted(used, random.uniform(0.2, 1, v.size) * random.choice([-1, 1], v.size), 0.01)
            results = evaluate(binary, folder, model, point, REQUESTS, targets, v)
            problem = derivatives_differ(results, point, v, model, targets)
            if problem is not None and not isinstance(problem, NoOracle):
                return "differs", problem
            return "agrees", ""
    except RuntimeError as error:
        text = str(error)
        if "its derivative is zero" in text or "does not depend on it" in text:
            return "agrees", "values only"
        return "refused", text
    except subprocess.TimeoutExpired:
        return "refused", "timeout"


def operator_of(case):
    types = {node.op_type for node in case.model.graph.node if not node.domain or node.domain == "ai.onnx"}
    return case.model.graph.node[0].op_type if len(case.model.graph.node) == 1 else None if not types & OPERATORS else "+expanded"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--curvature", default=".build/debug/curvature")
    parser.add_argument("--only", nargs="*", default=[], help="parts of cases' names")
    parser.add_argument("--operators", nargs="*", default=[], help="only cases of these operators")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--expanded", action="store_true", help="also cases in which ONNX has composed the operator of others")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()

    from onnx.backend.test.case.node import collect_testcases

    chosen = []
    for case in collect_testcases(None):
        operator = operator_of(case)
        if operator == "+expanded" and not arguments.expanded:
            continue
        if operator not in OPERATORS | {"+expanded"} or case.data_sets is None:
            continue
        if arguments.operators and operator not in arguments.operators:
            continue
        if not arguments.only or any(part in case.name for part in arguments.only):
            chosen.append((operator, case))
    results = collections.defaultdict(list)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        outcomes = pool.map(lambda entry: check(arguments.curvature, entry[1]), chosen)
        for (operator, case), (outcome, text) in zip(chosen, outcomes):
            results[operator].append((case.name, outcome, text))
            if outcome not in ("agrees", "unsuitable"):
                print(f"{operator:24} {outcome:8} {case.name}: {text}", flush=True)
    counts = collections.Counter(outcome for entries in results.values() for _, outcome, _ in entries)
    print()
    for operator in sorted(results):
        agree = sum(outcome == "agrees" for _, outcome, _ in results[operator])
        asked = sum(outcome != "unsuitable" for _, outcome, _ in results[operator])
        print(f"{operator:24} {agree:4} of {asked:4}")
    asked = sum(counts.values()) - counts["unsuitable"]
    derived = sum(outcome == "agrees" and not text for entries in results.values() for _, outcome, text in entries)
    print(f"\nderivatives compared in {derived} cases; of the others the values only")
    print(f"{counts['agrees']} of {asked} cases agree ({100 * counts['agrees'] / max(asked, 1):.1f} %); "
          f"{counts['differs']} differ, {counts['refused']} are refused; {counts['unsuitable']} are not about tensors of numbers")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
