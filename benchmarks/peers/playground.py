"""TensorFlow Playground's own engine, src/nn.ts, run by Node with the page's loop. Its source is not kept here."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.networks import Case
from benchmarks.timing import Repeat

SOURCE = "PLAYGROUND_SRC"
FILE = "nn.ts"
HOW_TO_GET_IT = (
    f"set {SOURCE} to the folder src of a clone of https://github.com/tensorflow/playground (the file {FILE} is read)."
)
MOST_UNITS = 64  # it keeps an object for each weight: meant for networks that fit on its page
TYPE = r"(?:number|string|boolean|any|void|Node|Link|\w+Function)(?:\[\])*"

# An epoch as for the other peers: a new order, the cost of each example as it is seen, an update after each batch.
LOOP = """
import * as nn from "./nn.mjs";
import * as readline from "node:readline";

let network, X, y, order, about;

function epoch() {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  let cost = 0;
  for (let i = 0; i < order.length; i++) {
    const target = y[order[i]];
    const output = nn.forwardProp(network, X[order[i]]);
    cost += nn.Errors.SQUARE.error(output, target);
    nn.backProp(network, target, nn.Errors.SQUARE);
    if ((i + 1) % about.batch === 0) nn.updateWeights(network, about.rate, 0);
  }
  return cost / order.length;
}

readline.createInterface({ input: process.stdin }).on("line", line => {
  const given = JSON.parse(line);
  let cost = 0;
  if (given.sizes) {
    about = given;
    ({ X, y } = given);
    order = X.map((_, i) => i);
    const names = X[0].map((_, i) => `x${i}`);
    network = nn.buildNetwork(about.sizes, nn.Activations.TANH, nn.Activations.TANH, null, names);
  } else {
    for (let i = 0; i < given.epochs; i++) cost = epoch();
  }
  console.log(JSON.stringify(cost));
});
"""


class Playground:
    """float64, tanh at the output too, and half the squared error, as its page has it for classification."""

    name = "Playground"

    @property
    def how(self) -> str:
        version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
        return f"src/{FILE} in Node {version}, float64, ½ squared error"

    def available(self) -> str | None:
        if shutil.which("node") is None:
            return f"node is not installed. Install it, and {HOW_TO_GET_IT}"
        folder = os.environ.get(SOURCE)
        if not folder or not (Path(folder) / FILE).is_file():
            return f"its source is not here: {HOW_TO_GET_IT}"
        return None

    def epoch_of(self, case: Case) -> Repeat | None:
        if case.sizes[-1] != 1 or max(case.sizes) > MOST_UNITS or case.adam:
            return None
        folder = tempfile.mkdtemp(prefix="playground-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        source = (Path(os.environ[SOURCE]) / FILE).read_text(encoding="utf-8")
        (Path(folder) / "nn.mjs").write_text(without_types(source), encoding="utf-8")
        (Path(folder) / "loop.mjs").write_text(LOOP, encoding="utf-8")
        child = subprocess.Popen(
            ["node", str(Path(folder) / "loop.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(child.kill)

        def ask(**words: object) -> float:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(json.dumps(words) + "\n")
            child.stdin.flush()
            answer = child.stdout.readline()
            if not answer:
                raise RuntimeError("Node has ended; what it said is above.")
            return float(json.loads(answer))

        X, classes = case.arrays()
        y = [2 * int(label) - 1 for label in classes]
        ask(sizes=case.sizes, batch=case.batch, rate=case.learning_rate, X=X.tolist(), y=y)
        return lambda count: ask(epochs=count)


def without_types(source: str) -> str:
    """Return the JavaScript of this one TypeScript file: what the compiler would leave out is left out.

    A field that is only declared goes altogether, as the compiler of the time had it: written as a field of a class it
    would first hold ``undefined``, and Node would keep its numbers in a slower way.
    """
    for pattern in (
        r"export interface \w+ \{.*?\n\}\n",  # interfaces
        rf"(?m)^  \w+: {TYPE};\n",  # fields that are only declared
        r"<any>",  # a cast
        r":\s*\([^()]*\) => any(?=\))",  # a parameter that is a function
        rf"\??:\s*{TYPE}(?=\s*[,;){{=])",  # the types of parameters, results and fields
        r"\bpublic (?=static)",
    ):
        source = re.sub(pattern, "", source, flags=re.S)
    return source
