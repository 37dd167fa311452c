#!/usr/bin/env python3
"""Counts what solvers need on curvature matrices of three trained networks.

    python solvers.py CURVATURE WORK [NETWORK...]

CURVATURE is the command, WORK a folder for what is kept from one run to the next: the matrices, some 30 MB each. Needs numpy and
safetensors. Writes results.json and iterations.svg beside this file and prints the tables of ../../solvers.md. What results.json has already is not run again;
delete it to start anew.

Each matrix is materialized once by the command. The solves then run in the command too, on dense(M) instead of the operator, where
a product takes milliseconds; that both give the same counts is checked for the smallest condition number. Preconditioners
are the command's own kfac, ekfac and diagonal, from the same data.
"""
import json
import math
import pathlib
import re
import subprocess
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

HERE = pathlib.Path(__file__).resolve().parent
DIGITS = HERE.parent / "digits"
CURVATURES = ["ggn", "empirical_fisher", "hessian", "kfac(fisher=type2)"]
CONDITIONS = [1e2, 1e4, 1e6, 1e8, 1e10]
# At most so many iterations: what has not come far by then needs many more.
LIMITS = {1e2: 5000, 1e4: 5000, 1e6: 5000, 1e8: 1000, 1e10: 1000}
PRECONDITIONERS = {
    "none": None,
    "kfac": "inverse(kfac(fisher=type2) + {d} * identity)",
    "ekfac": "inverse(ekfac(fisher=type2) + {d} * identity)",
    "diagonal": "inverse(diag(diagonal(ggn)) + {d} * identity)",
}
# Model, data, number of examples, title.
NETWORKS = {
    "cnn": (DIGITS / "cnn.onnx", DIGITS / "cnn_data.safetensors", 1437, "digits CNN"),
    "resnet": (HERE / "resnet.onnx", DIGITS / "cnn_data.safetensors", 256, "residual network"),
    "transformer": (HERE / "transformer.onnx", HERE / "transformer_data.safetensors", 128, "causal transformer"),
}
LAYERS_OF_CNN = [80, 1168, 650]  # weight and bias together


class Command:
    """The command on one network."""

    def __init__(self, path: str, work: pathlib.Path, network: str):
        self.path, self.work, self.network = path, work, network
        self.model, data, examples, _ = NETWORKS[network]
        self.data = work / f"{network}_data.safetensors"
        save_file({k: v[:examples].copy() for k, v in load_file(data).items()}, self.data)

    def run(self, *arguments: str) -> str:
        command = [self.path, "eval", *arguments, "--model", str(self.model), "--data", str(self.data), "--loss", "cross-entropy",
                   "--precision", "float64", "--threads", "1"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{done.stderr}")
        return done.stdout

    def values(self, requests: dict[str, str], *options: str) -> dict[str, np.ndarray]:
        output = self.work / "values.safetensors"
        self.run(*[f"{k} = {v}" for k, v in requests.items()], "--output", str(output), *options)
        return load_file(output)

    def matrix(self, curvature: str) -> np.ndarray:
        path = self.work / f"{self.network}_{curvature.split('(')[0]}.safetensors"
        if not path.exists():
            print(f"{self.network}: materialize({curvature})", flush=True)
            self.run(f"M = materialize({curvature})", "--output", str(path))
        m = load_file(path)["M"]
        return (m + m.T) / 2

    def solve(self, requests: dict[str, str], vectors: dict[str, np.ndarray], *options: str) -> dict[str, list]:
        """Outcome of each request, which is one solve: [converged, iterations, relative residual]."""
        path = self.work / "vectors.safetensors"
        save_file(vectors, path)
        asked = [f"with_{k} = {v}" for k, v in requests.items()]
        plan = json.loads(self.run(*asked, "--vectors", str(path), "--explain=json", *options))
        outcomes = {}
        for step in plan["steps"]:
            found = re.search(r"after (\d+) iterations?, relative residual (\S+)", step.get("outcome") or "")
            if step["kind"] == "iteration" and found:
                for name in step["serves"]:
                    outcomes[name.removeprefix("with_")] = [step["outcome"].startswith("converged"), int(found[1]), float(found[2])]
        assert outcomes.keys() == requests.keys(), plan["steps"]
        return {name: outcomes[name] for name in requests}


def system(operator: str, damping: float, limit: int, preconditioner: str | None, solver: str = "cg") -> str:
    with_it = f", preconditioner={preconditioner.format(d=repr(damping))}" if preconditioner else ""
    return f"inverse({operator} + {damping!r} * identity, solver={solver}, tolerance=1e-6, max_iterations={limit}{with_it}) @ b"


def right_hand_side(size: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(size)


def save(results: dict) -> None:
    text = json.dumps(results, indent=1)
    text = re.sub(r"\[\s+(true|false),\s+(\d+),\s+(\S+)\s+\]", r"[\1, \2, \3]", text)  # an outcome on one line
    (HERE / "results.json").write_text(text + "\n")


def measure(command: Command, results: dict) -> None:
    """All curvatures, condition numbers and preconditioners of one network."""
    for curvature in CURVATURES:
        key = f"{command.network} {curvature}"
        done = results.setdefault(key, {"rows": {}})
        m = None
        for condition in CONDITIONS:
            if f"{condition:.0e}" in done["rows"]:
                continue
            if m is None:
                m = command.matrix(curvature)
                spectrum = np.linalg.eigvalsh(m)
                vectors = {"M": m, "b": right_hand_side(len(m))}
                save_file(vectors, command.work / "vectors.safetensors")
                largest = command.values(
                    {"l": "eigenvalues(dense(M), count=1, which=largest)"},
                    "--vectors", str(command.work / "vectors.safetensors"))["l"].item()
                done |= {"size": len(m), "largest": largest, "smallest": float(spectrum[0]),
                         "negative": int(np.sum(spectrum < -1e-12 * largest))}
                operator, solver = ("dense(M)" if curvature[0] != "k" else curvature), ("minres" if curvature == "hessian" else "cg")
            damping = float(f"{largest / condition:.3g}")
            outcomes = command.solve(
                {name: system(operator, damping, LIMITS[condition], p, solver) for name, p in PRECONDITIONERS.items()}, vectors)
            done["rows"][f"{condition:.0e}"] = {
                "damping": damping, "above": int(np.sum(np.abs(spectrum) > damping)), "negative": int(np.sum(spectrum < -damping)), **outcomes}
            if condition == CONDITIONS[0]:  # the same on the operator itself
                done["check"] = command.solve({"none": system(curvature, damping, LIMITS[condition], None, solver)}, vectors)["none"]
            save(results)
            print(key, f"{condition:.0e}", outcomes, flush=True)


def measure_blocks(command: Command, results: dict) -> None:
    """The digits CNN as a whole, and its last layer alone: what becomes of the exact blocks in place of their Kronecker factors."""
    if "cnn blocks" in results:
        return
    m = command.matrix("ggn")
    ends = np.cumsum([0, *LAYERS_OF_CNN])
    blocks = np.zeros_like(m)
    for a, e in zip(ends, ends[1:]):
        blocks[a:e, a:e] = m[a:e, a:e]
    kfac = command.matrix("kfac(fisher=type2)")
    last = m[ends[2]:, ends[2]:].copy()
    relative = lambda x, y: float(np.linalg.norm(x - y) / np.linalg.norm(y))
    found = {
        "outside the blocks, of the Frobenius norm": relative(blocks, m),
        "kfac's relative error": relative(kfac, m),
        "kfac's relative error, last layer": relative(kfac[ends[2]:, ends[2]:], last),
        "whole": {}, "last": {}, "spectra": {}}
    for damping in [1e-1, 1e-2, 1e-3]:
        inverse = np.linalg.inv(blocks + damping * np.eye(len(m)))
        requests = {name: system("dense(M)", damping, 5000, p) for name, p in PRECONDITIONERS.items() if name in ["none", "kfac", "ekfac"]}
        requests["blocks"] = system("dense(M)", damping, 5000, "dense(P)")
        found["whole"][f"{damping:.0e}"] = command.solve(
            requests, {"M": m, "b": right_hand_side(len(m)), "P": (inverse + inverse.T) / 2})
    # Eigenvalues of the preconditioned matrix at 1e-2, beside their median, where the directions are that the matrix knows nothing of.
    damped = lambda a: a + 1e-2 * np.eye(len(m))
    for name, p in [("none", np.eye(len(m))), ("kfac", damped(kfac)), ("blocks", damped(blocks))]:
        root = np.linalg.cholesky(p)
        values = np.linalg.eigvalsh(np.linalg.solve(root, np.linalg.solve(root, damped(m)).T))
        middle = float(np.median(values))
        found["spectra"][name] = {
            "condition": float(values[-1] / values[0]), "smallest": float(values[0]), "median": middle, "largest": float(values[-1]),
            "below half": int(np.sum(values < middle / 2)), "above twice": int(np.sum(values > 2 * middle))}
    for damping in [1e-2, 1e-3, 1e-4, 1e-5]:
        # On the operator itself: the last layer's products are cheap.
        requests = {name: system("ggn", damping, 5000, p) for name, p in PRECONDITIONERS.items()}
        found["last"][f"{damping:.0e}"] = command.solve(
            requests, {"b": right_hand_side(len(last))}, "--parameters", "7.weight,7.bias")
    results["cnn blocks"] = found
    save(results)


def number(x: float) -> str:
    mantissa, exponent = f"{x:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def cell(outcome: list) -> str:
    converged, iterations, residual = outcome
    return f"{iterations:,}" if converged else f"{iterations:,}: {number(residual)}"


def tables(results: dict) -> str:
    lines = []
    for network, (_, _, _, title) in NETWORKS.items():
        lines += [f"## {title}", "", "| matrix | condition | damping | above it | " + " | ".join(PRECONDITIONERS) + " |",
                  "| --- " * (4 + len(PRECONDITIONERS)) + "|"]
        for curvature in CURVATURES:
            for condition, row in results[f"{network} {curvature}"]["rows"].items():
                above = f"{row['above']:,}" + (f" ({row['negative']:,} negative)" if curvature == "hessian" else "")
                lines.append(f"| `{curvature}` | {number(float(condition)).replace('1.0', '1')} | {row['damping']:.2g} | {above} | "
                             + " | ".join(cell(row[p]) for p in PRECONDITIONERS) + " |")
        lines.append("")
        for curvature in CURVATURES:
            found = results[f"{network} {curvature}"]
            lines.append(f"- {curvature}: {found['size']} parameters, eigenvalues {found['smallest']:.2g} to {found['largest']:.3g}; "
                         f"on the operator itself, smallest condition number: {cell(found['check'])}")
        lines.append("")
    found = results["cnn blocks"]
    lines += ["## blocks", ""] + [f"{k}: {v:.3f}" for k, v in found.items() if isinstance(v, float)]
    for part in ["whole", "last"]:
        names = list(found[part]["1e-02"])
        lines += ["", f"| {part}, damping | " + " | ".join(names) + " |", "| --- " * (1 + len(names)) + "|"]
        lines += [f"| {d} | " + " | ".join(cell(row[n]) for n in names) + " |" for d, row in found[part].items()]
    names = list(found["spectra"]["none"])
    lines += ["", "| preconditioner | " + " | ".join(names) + " |", "| --- " * (1 + len(names)) + "|"]
    lines += [f"| {p} | " + " | ".join(f"{row[n]:.3g}" for n in names) + " |" for p, row in found["spectra"].items()]
    return "\n".join(lines) + "\n"


# Colours and grey that are legible on white and on dark grey; every line has its own dashes and mark too.
LINES = {"none": ("#8b949e", "", "circle"), "kfac": ("#d9730d", "", "square"), "ekfac": ("#3b82f6", "5 3", "diamond"),
         "diagonal": ("#2da44e", "2 3", "triangle")}


def mark(shape: str, x: float, y: float, colour: str, filled: bool) -> str:
    fill = colour if filled else "none"
    points = {"square": [(-3, -3), (3, -3), (3, 3), (-3, 3)], "diamond": [(0, -4), (4, 0), (0, 4), (-4, 0)],
              "triangle": [(0, -4), (4, 3), (-4, 3)]}.get(shape)
    if points is None:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{fill}" stroke="{colour}"/>'
    path = " ".join(f"{x + a:.1f},{y + b:.1f}" for a, b in points)
    return f'<polygon points="{path}" fill="{fill}" stroke="{colour}"/>'


def drawing(results: dict) -> str:
    width, height, left, top, gap = 190, 150, 70, 78, 14
    grey, faint = "#7d8590", "#7d859055"
    total = (left + 4 * (width + gap) + 4, top + 3 * (height + gap) + 40)
    x = lambda column, condition: left + column * (width + gap) + 8 + (width - 16) * (math.log10(condition) - 2) / 8
    y = lambda row, iterations: top + row * (height + gap) + height - 6 - (height - 12) * math.log10(max(iterations, 1)) / math.log10(5000)
    text = lambda a, b, t, anchor="middle", more="": f'<text x="{a:.1f}" y="{b:.1f}" text-anchor="{anchor}" fill="{grey}"{more}>{t}</text>'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total[0]} {total[1]}" width="{total[0]}" height="{total[1]}" '
             'font-family="Helvetica, Arial, sans-serif" font-size="11">',
             text(left, 16, "Iterations to a relative residual of 1e-6 against the condition number; hollow, at the upper edge: not reached", "start", ' font-size="13"')]
    for i, (name, (colour, dashes, shape)) in enumerate(LINES.items()):
        a = left + 130 * i
        parts += [f'<line x1="{a}" y1="34" x2="{a + 30}" y2="34" stroke="{colour}" stroke-width="1.6" stroke-dasharray="{dashes}"/>',
                  mark(shape, a + 15, 34, colour, True), text(a + 36, 38, "no preconditioner" if name == "none" else name, "start")]
    for row, (network, (_, _, _, title)) in enumerate(NETWORKS.items()):
        middle = top + row * (height + gap) + height / 2
        parts.append(text(14, middle, title, "middle", f' font-weight="bold" transform="rotate(-90 14 {middle:.1f})"'))
        parts.append(text(30, middle, "iterations", "middle", f' transform="rotate(-90 30 {middle:.1f})"'))
        for column, curvature in enumerate(CURVATURES):
            a, b = left + column * (width + gap), top + row * (height + gap)
            parts.append(f'<rect x="{a}" y="{b}" width="{width}" height="{height}" fill="none" stroke="{faint}"/>')
            if row == 0:
                solver = "minres" if curvature == "hessian" else "cg"
                parts.append(text(a + width / 2, b - 8, f"{curvature.replace('_', ' ')}, {solver}", "middle", ' font-weight="bold"'))
            for n in [1, 10, 100, 1000]:
                parts.append(f'<line x1="{a}" y1="{y(row, n):.1f}" x2="{a + width}" y2="{y(row, n):.1f}" stroke="{faint}"/>')
                if column == 0:
                    parts.append(text(a - 6, y(row, n) + 4, f"{n:,}", "end"))
            if row == len(NETWORKS) - 1:
                for c in CONDITIONS:
                    parts.append(text(x(column, c), b + height + 14, f'10<tspan dy="-4" font-size="8">{round(math.log10(c))}</tspan>'))
                parts.append(text(a + width / 2, b + height + 30, "condition number"))
            for name, (colour, dashes, shape) in LINES.items():
                points = [(x(column, float(c)), y(row, r[name][1] if r[name][0] else 5000), r[name][0])
                          for c, r in results[f"{network} {curvature}"]["rows"].items()]
                path = " ".join(f"{p:.1f},{q:.1f}" for p, q, _ in points)
                parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6" stroke-dasharray="{dashes}"/>')
                parts += [mark(shape, p, q, colour, converged) for p, q, converged in points]
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    path, work = sys.argv[1], pathlib.Path(sys.argv[2])
    work.mkdir(parents=True, exist_ok=True)
    written = HERE / "results.json"
    results = json.loads(written.read_text()) if written.exists() else {}
    for network in sys.argv[3:] or NETWORKS:
        command = Command(path, work, network)
        if network == "cnn":
            measure_blocks(command, results)
        measure(command, results)
    if not sys.argv[3:]:
        print(tables(results))
        (HERE / "iterations.svg").write_text(drawing(results))


if __name__ == "__main__":
    main()
