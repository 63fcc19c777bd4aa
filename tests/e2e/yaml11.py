"""What a YAML 1.1 reader makes of the program's output: `yaml11.py PROGRAM FILE...`.

Every value of the input is in the output as it was, and every value that is new is a string, a port number or a collection of such.
"""

import subprocess
import sys

import yaml


class Loader(yaml.SafeLoader):
    """PyYAML's own, with what Go's reader does besides: unknown tags and `=` are read by their text."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)
OURS = ("intents.otterize.com/", "credentials-operator.otterize.com/")


def without_ours(labels):
    return {key: value for key, value in labels.items() if not (isinstance(key, str) and key.startswith(OURS))}


def stripped(value):
    """Without our labels and the maps that they need."""
    if isinstance(value, list):
        return [stripped(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: stripped(item) for key, item in value.items()}
    for key in ("labels", "metadata"):
        if key in result and isinstance(result[key], dict) and key == "labels":
            result[key] = without_ours(result[key])
        if key in result and not result[key]:
            del result[key]
    return result


def not_strings(value, path):
    """Where something stands that is no string, number or collection of such, or a key that is no string."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield f"{path}: the key {key!r}"
            yield from not_strings(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from not_strings(item, f"{path}[{index}]")
    elif isinstance(value, bool) or not isinstance(value, (str, int)):
        yield f"{path}: {value!r}"
    elif isinstance(value, int) and not path.endswith(("port", "endPort")):
        yield f"{path}: the number {value}"


def our_labels(value):
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str) and key.startswith(OURS):
                yield key, item
            else:
                yield from our_labels(item)
    elif isinstance(value, list):
        for item in value:
            yield from our_labels(item)


def faults(program, path):
    with open(path, "rb") as file:
        before = file.read()
    run = subprocess.run([program, "--set", "profile=v2"], input=before, capture_output=True)
    if run.returncode != 0:
        return [f"exit code {run.returncode}: {run.stderr.decode()}"]
    try:
        old = yaml.load(before, Loader)
    except yaml.YAMLError:
        return None
    new = yaml.load(run.stdout, Loader)
    added = [item for item in new["items"] if isinstance(item, dict) and item.get("kind") == "NetworkPolicy"]
    kept = [item for item in new["items"] if item not in added]
    found = []
    if not added:
        found.append("no policy")
    if stripped(kept) != stripped(old["items"]) and repr(stripped(kept)) != repr(stripped(old["items"])):
        found.append("an item says something else than before")
    labels = list(our_labels(kept))
    if not labels:
        found.append("no label")
    found += [f"the label {key} is {value!r}" for key, value in labels if not isinstance(value, str)]
    for item in added:
        found += not_strings(item, item["metadata"]["name"])
    return found


def main():
    program, files = sys.argv[1], sys.argv[2:]
    read = 0
    failed = False
    for path in files:
        found = faults(program, path)
        if found is None:
            continue
        read += 1
        for fault in found:
            failed = True
            print(f"{path}: {fault}")
    print(f"{read} of {len(files)} files read by PyYAML {yaml.__version__}")
    # It refuses some that Go's reader takes, but not many.
    sys.exit(1 if failed or read < len(files) * 2 // 3 else 0)


main()
