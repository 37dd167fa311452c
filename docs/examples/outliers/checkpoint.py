#!/usr/bin/env python3
"""Trains the digits CNN of ../digits again, the same way, and stops after a few epochs of the 40.

Needs what ../digits/make_digits.py needs:

    python checkpoint.py EPOCHS FILE.safetensors

writes the parameters under their names in cnn.onnx, for `curvature --weights`.
"""
import pathlib
import sys

import torch
from safetensors.numpy import load_file
from safetensors.torch import save_file
from torch.nn import functional

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "digits"))
import make_digits  # noqa: E402


def main() -> None:
    epochs, path = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    torch.set_num_threads(1)
    data = load_file(HERE.parent / "digits" / "cnn_data.safetensors")
    x, y = torch.from_numpy(data["inputs"]), torch.from_numpy(data["targets"])
    torch.manual_seed(make_digits.SEED)
    model = make_digits.cnn()
    # make_digits.train, but for where it stops.
    batches = torch.Generator().manual_seed(make_digits.SEED)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=batches).split(64):
            optimizer.zero_grad()
            functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        schedule.step()
    loss, accuracy = make_digits.measure(model, x, y)
    save_file({k: p.detach() for k, p in model.named_parameters()}, path)
    path.chmod(0o644)
    print(f"after {epochs} epochs: mean cross-entropy {loss:.6f}, accuracy {100 * accuracy:.2f} %")


if __name__ == "__main__":
    main()
