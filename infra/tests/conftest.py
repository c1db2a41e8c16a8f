"""What the tests of infra/ share: the templates as data, and stand-ins to deploy them to."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import cfnlint.template as cfnlint
import pytest
import yaml
from cfnlint.decode import cfn_yaml
from cfnlint.template.transforms._language_extensions import language_extension

INFRA = Path(__file__).parent.parent
ROOT = INFRA.parent
sys.path.insert(0, str(INFRA))

from storage import Template  # noqa: E402

TEMPLATES = INFRA / "cloudformation"


def load(path):
    """A template as AWS sees it: short tags in their long forms, loops over the defaults of what they are told unrolled."""
    template = yaml.load(path.read_text(), Loader=Template)
    if "Transform" in template:
        _, template = language_extension(cfnlint.Template(str(path), cfn_yaml.load(str(path)), ["us-east-1"]))
    return template


@pytest.fixture(scope="session")
def templates():
    """Every template by its name without `.yaml`, short tags in their long forms."""
    return {path.stem: load(path) for path in sorted(TEMPLATES.glob("*.yaml"))}


def resources(templates, kind):
    """(template, logical id, resource) of every resource of a kind."""
    return [
        (name, logical, resource)
        for name, template in templates.items()
        for logical, resource in template["Resources"].items()
        if resource["Type"] == kind
    ]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="session")
def ministack(tmp_path_factory):
    """The environment that points at a ministack with all of its services, ended with the tests."""
    program = Path(os.environ.get("FANTAIL_VENV", ROOT / ".fantail/venv")) / "bin/ministack"
    port = str(free_port())
    state = tmp_path_factory.mktemp("ministack")
    endpoint = f"http://127.0.0.1:{port}"
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    settings = {"GATEWAY_PORT": port, "EDGE_PORT": port, "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1"}
    with open(state / "log", "w") as log:
        process = subprocess.Popen(
            [program], env=inherited | settings | {"STATE_DIR": str(state), "LOG_LEVEL": "ERROR"}, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (state / "log").read_text()
                time.sleep(0.05)
        yield inherited | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
