#!/usr/bin/env python3
"""Lists what an image is made of as CycloneDX 1.6: the crates that its program is built from, and the packages of its Debian.

    infra/sbom.py transcoder --run "docker run --rm --entrypoint" --image fantail/transcoder > transcoder.cdx.json
"""

import argparse
import json
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def crates(service):
    """The crates linked into a program, not those that only build or test it."""
    tree = ["cargo", "tree", "--locked", "--package", service, "--edges", "normal", "--prefix", "none", "--format", "{p}|{l}"]
    told = subprocess.run(tree, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for line in sorted(set(told.splitlines())):
        package, licence = line.removesuffix(" (*)").split("|")
        name, version = package.split(" ")[:2]
        version = version.removeprefix("v")
        component = {"type": "library", "name": name, "version": version, "purl": f"pkg:cargo/{name}@{version}"}
        if licence:
            component["licenses"] = [{"expression": licence.replace("/", " OR ")}]
        yield component


def packages(run, image):
    """What dpkg says in the image."""
    query = "${Package}|${Version}|${Architecture}\n"
    command = [*shlex.split(run), "dpkg-query", image, "--show", f"--showformat={query}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in told.splitlines():
        name, version, architecture = line.split("|")
        purl = f"pkg:deb/debian/{name}@{version}?arch={architecture}&distro=debian-12"
        yield {"type": "library", "name": name, "version": version, "purl": purl}


def bill(service, components):
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": f"fantail/{service}"}},
        "components": list({component["purl"]: component for component in components}.values()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("service", choices=["upload-api", "transcoder", "thumbnailer"])
    parser.add_argument("--image", required=True, help="the built image")
    parser.add_argument("--run", default="docker run --rm --entrypoint", help="how to run a program in it (default: %(default)s)")
    options = parser.parse_args()
    components = [*crates(options.service), *packages(options.run, options.image)]
    print(json.dumps(bill(options.service, components), indent=2))


if __name__ == "__main__":
    main()
