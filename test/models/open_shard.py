"""Why: what came back must be a model to the library that everybody loads models with. Arguments: folder, shard."""

import json
import os
import sys

from safetensors import deserialize

folder, shard = sys.argv[1:]

with open(os.path.join(folder, "model.safetensors.index.json")) as file:
    places = json.load(file)["weight_map"]
with open(os.path.join(folder, shard), "rb") as file:
    tensors = deserialize(file.read())
assert {name for name, _ in tensors} == {name for name, place in places.items() if place == shard}
assert all(len(tensor["data"]) > 0 and tensor["dtype"] == "BF16" for _, tensor in tensors)
print("as the index says")
