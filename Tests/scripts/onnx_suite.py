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
import math
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
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
    OneHot Constant ConstantOfShape Range Shape Size Asin Acos Atan Sinh Cosh Asinh Acosh Atanh IsNaN IsInf LpNormalization
    MeanVarianceNormalization NonZero Scatter
    """.split()
)
HALF = {TensorProto.FLOAT16, TensorProto.BFLOAT16}
REAL = {TensorProto.FLOAT, TensorProto.DOUBLE} | HALF
# Types of so few bits that a cast to them rounds; `curvature` computes all others in the precision asked for.
SMALL = {getattr(TensorProto, name) for name in
         "FLOAT8E4M3FN FLOAT8E4M3FNUZ FLOAT8E5M2 FLOAT8E5M2FNUZ FLOAT8E8M0 FLOAT4E2M1 INT4 UINT4 INT2 UINT2".split()}
# Inputs that have to be known when a model is loaded: options, not values.
OPTIONS = {("Resize", 1), ("Resize", 2), ("OneHot", 2), ("Dropout", 1), ("Range", 0), ("Range", 1), ("Range", 2), ("OneHot", 1), ("Pad", 2)}
# Cases whose outputs are written down in the suite with four decimals: its own tolerance instead of a tenth of it.
FOUR_DECIMALS = {"test_averagepool_2d_ceil_last_window_starts_on_pad"}


REQUESTS = ["prediction", "gradient", "hv = hessian @ v"]


class Unsuitable(Exception):
    """A case that is no question of tensors of numbers."""


def tensor(value, name):
    """A case's input as a tensor under this name, its type kept."""
    result = onnx.TensorProto()
    if not isinstance(value, onnx.TensorProto):
        if not isinstance(value, np.ndarray) and not np.isscalar(value):
            raise Unsuitable("sequences and optional values")
        value = numpy_helper.from_array(np.asarray(value))
    result.CopyFrom(value)
    result.name = name
    return result


def numbers(value):
    """The values of a tensor in a type that NumPy knows."""
    values = numpy_helper.to_array(value)
    if values.dtype.kind in "biuf" and value.data_type not in SMALL | {TensorProto.BFLOAT16}:
        return values
    try:
        return values.astype(np.float32)
    except (TypeError, ValueError):
        raise Unsuitable(f"elements of type {values.dtype}")


def raised(case, graph):
    """The case's operator set; a later one where the case's operator is still the same and the nodes added here need it."""
    opset = {entry.domain: entry.version for entry in case.model.opset_import}.get("", 13)
    if opset < 13 and all(onnx.defs.get_schema(node.op_type, 13).since_version <= opset for node in graph.node):
        return [helper.make_opsetid("", 13)]
    return list(case.model.opset_import)


class Question:
    """A case as a model of its own: its inputs are initializers, its outputs one row."""

    def __init__(self, case):
        self.case = case
        graph = onnx.GraphProto()
        graph.CopyFrom(case.model.graph)
        inputs, outputs = case.data_sets[0]
        uses = {}
        for node in graph.node:
            for position, name in enumerate(node.input):
                uses.setdefault(name, (node.op_type, position))
        self.reals = {}
        # Where an input has no derivative since it is not finite: another point, for the derivatives alone.
        self.replaced = {}
        types = set()
        for value, given in zip(graph.input, inputs):
            if not value.type.HasField("tensor_type"):
                raise Unsuitable("sequences and optional values")
            given = tensor(given, value.name)
            values = numbers(given)
            types.add(given.data_type)
            if given.data_type in REAL and uses.get(value.name) != ("CastLike", 1):
                values = values.astype(np.float64)
                given = numpy_helper.from_array(values, value.name)
                if not self.is_option(value.name, uses.get(value.name), values):
                    self.reals[value.name] = values
                elif not np.isfinite(values).all() and not self.is_option(value.name, uses.get(value.name), np.zeros_like(values)):
                    self.replaced[value.name] = np.where(np.isfinite(values), values, 0.7)
            graph.initializer.append(given)
        del graph.input[:]
        graph.input.append(helper.make_tensor_value_info("suite_zero", TensorProto.DOUBLE, ["batch", 1]))
        wanted, parts, kinds = [], [], set()
        for number, (output, expected) in enumerate(zip(list(graph.output), outputs)):
            if not output.type.HasField("tensor_type"):
                raise Unsuitable("sequences and optional values")
            expected = tensor(expected, "")
            kinds.add(expected.data_type)
            wanted.append(numbers(expected).astype(np.float64).reshape(-1))
            cast, flat = f"suite_cast_{number}", f"suite_flat_{number}"
            graph.node.append(helper.make_node("Cast", [output.name], [cast], to=TensorProto.DOUBLE))
            graph.node.append(helper.make_node("Reshape", [cast, "suite_row"], [flat]))
            parts.append(flat)
        self.wanted = np.concatenate(wanted)
        if self.wanted.size == 0:
            raise Unsuitable("an empty output")
        graph.initializer.append(numpy_helper.from_array(np.array([1, -1]), "suite_row"))
        graph.node.append(helper.make_node("Concat", parts, ["suite_all"], axis=1))
        graph.node.extend(self.told_apart("suite_all") if not np.isfinite(self.wanted).all() else [])
        graph.node.extend(self.scaled(graph.node[-1].output[0]))
        graph.node.append(helper.make_node("Add", [graph.node[-1].output[0], "suite_zero"], ["suite_prediction"]))
        del graph.output[:]
        graph.output.append(helper.make_tensor_value_info("suite_prediction", TensorProto.DOUBLE, None))
        graph.name = "suite"
        self.model = helper.make_model(graph, opset_imports=raised(case, case.model.graph), functions=list(case.model.functions))
        # Integers and booleans do not change with reals.
        if not kinds & REAL:
            self.reals, self.replaced = {}, {}
        casts = {attribute.i for node in self.nodes() if node.op_type == "Cast" for attribute in node.attribute if attribute.name == "to"}
        self.is_half = bool((types | kinds | casts) & HALF)
        self.rounds = bool((kinds | casts) & SMALL)

    def is_option(self, name, use, values):
        """Whether an input is none of which a derivative is asked."""
        if use in OPTIONS or values.size == 0 or not np.isfinite(values).all():
            return True
        # A scalar exponent is read as a constant, so that powers with integer exponents are products.
        if use == ("Pow", 1) and values.ndim == 0:
            return True
        main = self.case.name.removeprefix("test_")
        return main.startswith(("resize", "onehot", "range", "dropout")) and name in ("roi", "scales", "values", "ratio", "r")

    def told_apart(self, name):
        """A request must be finite: NaN and infinities become zeros, and further columns say what each was."""
        constants = {"nothing": 0.0, "one": 1.0, "two": 2.0, "three": 3.0, "infinite": math.inf, "negative": -math.inf}
        nodes = [helper.make_node("Constant", [], [f"suite_{key}"], value=numpy_helper.from_array(np.array(value)))
                 for key, value in constants.items()]
        nodes += [
            helper.make_node("IsNaN", [name], ["suite_is_nan"]),
            helper.make_node("Equal", [name, "suite_infinite"], ["suite_is_infinite"]),
            helper.make_node("Equal", [name, "suite_negative"], ["suite_is_negative"]),
            helper.make_node("Where", ["suite_is_nan", "suite_one", "suite_nothing"], ["suite_code_1"]),
            helper.make_node("Where", ["suite_is_infinite", "suite_two", "suite_code_1"], ["suite_code_2"]),
            helper.make_node("Where", ["suite_is_negative", "suite_three", "suite_code_2"], ["suite_code"]),
            helper.make_node("Equal", ["suite_code", "suite_nothing"], ["suite_is_finite"]),
            helper.make_node("Where", ["suite_is_finite", name, "suite_nothing"], ["suite_finite"]),
            helper.make_node("Concat", ["suite_finite", "suite_code"], ["suite_told"], axis=1),
        ]
        codes = np.select([np.isnan(self.wanted), self.wanted == np.inf, self.wanted == -np.inf], [1.0, 2.0, 3.0], 0.0)
        self.wanted = np.concatenate([np.where(codes == 0, self.wanted, 0), codes])
        return nodes

    def scaled(self, name):
        """Numbers so large that squared errors overflow are made smaller."""
        largest = np.abs(self.wanted).max()
        if largest < 1e30:
            return []
        self.wanted = self.wanted / largest
        value = numpy_helper.from_array(np.array(1 / largest))
        return [helper.make_node("Constant", [], ["suite_scale"], value=value),
                helper.make_node("Mul", [name, "suite_scale"], ["suite_scaled"])]

    def nodes(self):
        yield from self.model.graph.node
        for function in self.model.functions:
            yield from function.node

    def tolerances(self):
        if self.is_half:
            return 2e-2, 1e-2
        return max(self.case.rtol, 1e-3) / (1 if self.case.name in FOUR_DECIMALS else 10), 1e-5

    def oracle(self):
        """The model for the reference evaluator, in float64 throughout."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        for nodes in [model.graph.node, *(function.node for function in model.functions)]:
            for node in nodes:
                for attribute in node.attribute:
                    is_type = node.op_type == "Cast" and attribute.name == "to" or attribute.name == "softmax_precision"
                    if is_type and attribute.i in REAL:
                        attribute.i = TensorProto.DOUBLE
                if node.op_type == "CastLike":
                    for entry in model.graph.initializer:
                        if entry.name == node.input[1] and entry.data_type in REAL:
                            entry.CopyFrom(numpy_helper.from_array(numbers(entry).astype(np.float64), entry.name))
                # The other normalizations compute in the type of their input.
                if node.op_type == "GroupNormalization" and all(attribute.name != "stash_type" for attribute in node.attribute):
                    node.attribute.append(helper.make_attribute("stash_type", TensorProto.DOUBLE))
        return model


class Erf(OpRun):
    """In float64, which ONNX's own evaluates in float32."""

    def _run(self, x):
        return (np.vectorize(math.erf, otypes=[np.float64])(x),)


class Gelu(OpRun):
    def _run(self, x, approximate=None):
        if approximate == "tanh":
            return (0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),)
        return (0.5 * x * (1 + np.vectorize(math.erf, otypes=[np.float64])(x / math.sqrt(2))),)


class LpNormalization(OpRun):
    """With absolute values, which ONNX's own leaves out."""

    def _run(self, x, axis=None, p=None):
        norm = (np.abs(x) ** p).sum(axis=axis, keepdims=True) ** (1 / p)
        return (np.where(norm == 0, 0, x / np.where(norm == 0, 1, norm)),)


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
    evaluator_model = onnx.ModelProto()
    evaluator_model.CopyFrom(model)
    places = {entry.name: entry for entry in evaluator_model.graph.initializer}

    def loss(step):
        for name, values in shifted(reals, v, step).items():
            places[name].CopyFrom(numpy_helper.from_array(values, name))
        (prediction,) = ReferenceEvaluator(evaluator_model, new_ops=[Erf, Gelu, LpNormalization]).run(None, {"suite_zero": np.zeros((1, 1))})
        return float(((prediction - targets.reshape(1, -1)) ** 2).sum())

    slope, curvature = float(results["gradient"] @ v), float(results["hv"] @ v)
    # Fourth-order differences. A large step errs where the function bends much or has kinks nearby, a small one by rounding, so
    # that it is enough if one of them agrees.
    closest = {}
    for step in (1e-3, 1e-4, 1e-5):
        try:
            far, near, middle = (loss(-step), loss(step)), (loss(-step / 2), loss(step / 2)), loss(0)
        except Exception as error:  # The evaluator knows some operators in float32 only, and some not at all.
            return NoOracle(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
        first = (8 * (near[1] - near[0]) - (far[1] - far[0])) / (6 * step)
        second = (16 * sum(near) - sum(far) - 30 * middle) / (3 * step**2)
        if not np.isfinite([first, second]).all():
            return NoOracle("the differences are not finite")
        largest = max(*far, *near, middle)
        for kind, found, wanted, allowed in (
                ("gradient", slope, first, 1e-5 * max(abs(slope), abs(first)) + 1e-9 * largest + 1e-8),
                ("curvature", curvature, second, 1e-3 * max(abs(curvature), abs(second)) + 1e-6 * largest + 1e-5)):
            error = abs(found - wanted) / allowed
            if kind not in closest or error < closest[kind][0]:
                closest[kind] = (error, f"{kind} along v {found:.8g}, differences {wanted:.8g}")
        if all(error <= 1 for error, _ in closest.values()):
            return None
    return next(text for error, text in closest.values() if error > 1)


class NoOracle(str):
    """Why there are no differences to compare with."""


def without_parameters(model):
    """A parameter that changes nothing, for cases in which no input is real."""
    model.graph.initializer.append(numpy_helper.from_array(np.zeros((1, 1)), "suite_bias"))
    model.graph.node[-1].output[0] = "suite_sum"
    model.graph.node.append(helper.make_node("Add", ["suite_sum", "suite_bias"], ["suite_prediction"]))


def check(binary, case):
    """The outcome of a case: ('agrees' | 'differs' | 'refused' | 'unsuitable', what is to be said of it)."""
    try:
        question = Question(case)
    except Unsuitable as reason:
        return "unsuitable", str(reason)
    random = np.random.default_rng(int(hashlib.sha256(case.name.encode()).hexdigest()[:8], 16))
    model, used, wanted = question.model, question.reals, question.wanted
    if not used:
        without_parameters(model)
    targets = random.standard_normal(wanted.size)
    v = random.standard_normal(sum(values.size for values in used.values()) or 1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            try:
                results = evaluate(binary, folder, model, used, REQUESTS if used else ["prediction"], targets, v)
            except RuntimeError as error:
                # A function may have a value where it has no derivative, as a power has at 0.
                if "is not finite" not in str(error) or not used:
                    raise
                results = evaluate(binary, folder, model, used, ["prediction"], targets, v)
            found = results["prediction"].reshape(-1)
            rtol, atol = question.tolerances()
            if found.size != wanted.size or not np.allclose(found, wanted, rtol=rtol, atol=atol):
                error = "another number of elements" if found.size != wanted.size else f"{np.nanmax(np.abs(found - wanted)):.3g}"
                return "differs", f"prediction by {error}"
            if not used and question.replaced and not question.rounds:
                used = question.replaced
                v = random.standard_normal(sum(values.size for values in used.values()))
                try:
                    results = evaluate(binary, folder, model, used, REQUESTS, targets, v)
                except RuntimeError as error:
                    if "is not finite" not in str(error):
                        raise
                    return "agrees", "values only: no derivative at the case's other inputs"
            if not used:
                return "agrees", "values only: no real input"
            if question.rounds:
                return "agrees", "values only: it rounds, and the derivative is the identity's by convention"
            oracle = question.oracle()
            problem = derivatives_differ(results, used, v, oracle, targets) if "hv" in results else "no derivatives"
            if problem is not None and not isinstance(problem, NoOracle):
                # The suite likes ties and kinks, where differences are no derivatives: once more away from them.
                signs = random.choice([-1, 1], v.size) if "hv" in results else 1
                point = shifted(used, random.uniform(0.2, 1, v.size) * signs, 0.01)
                results = evaluate(binary, folder, model, point, REQUESTS, targets, v)
                problem = derivatives_differ(results, point, v, oracle, targets)
            if isinstance(problem, NoOracle):
                return "agrees", f"values only: {problem}"
            return ("agrees", "") if problem is None else ("differs", problem)
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
