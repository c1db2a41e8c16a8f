"""compose.yaml against what `cargo dev up` starts: the same services with the same settings, and nothing reachable from outside."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from conftest import INFRA, ROOT, load, resources

COMPOSE = INFRA / "compose.yaml"
MAINTAINED = INFRA / "compose.maintained.yaml"
# Set by `cargo dev up` because of where it runs: loopback ports, a developer's own AWS profile and proxy.
ONLY_ON_THE_HOST = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "NO_PROXY", "WEB_DIR"}
# Set by compose because of where it runs: containers without a terminal, another host name for browsers, the cage's switch.
ONLY_IN_CONTAINERS = {"GRACE_SECONDS", "LOG_FORMAT", "SINGLE_USER_BIND", "S3_PUBLIC_ENDPOINT", "SANDBOX"}
# Different in value, and compared by what is said about them below.
PLACES = {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "LISTEN", "HEALTH_LISTEN", "SPANS"}


def merged(path):
    """YAML with its merge keys, and variables as their defaults."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", path.read_text())
    return yaml.safe_load(text)


@pytest.fixture(scope="module")
def services():
    return merged(COMPOSE)["services"]


@pytest.fixture(scope="module")
def dev_parts(ministack, tmp_path_factory):
    """What `cargo dev up` would start on what the templates made."""
    folder = tmp_path_factory.mktemp("dev")
    outputs = folder / "outputs.json"
    deployed = subprocess.run(
        [sys.executable, INFRA / "deploy.py", "--outputs", outputs], env=ministack | {"AWS_REGION": "us-east-1"}, capture_output=True, text=True
    )
    assert deployed.returncode == 0, deployed.stderr
    program = os.environ.get("FANTAIL_DEV")
    command = [program] if program else ["cargo", "run", "--quiet", "--package", "dev", "--"]
    told = subprocess.run(
        [*command, "parts", "--outputs", outputs],
        cwd=ROOT,
        env=dict(os.environ) | {"FANTAIL_HOME": str(folder), "CARGO_MANIFEST_DIR": str(ROOT / "dev")},
        capture_output=True,
        text=True,
        check=True,
    )
    return {part["name"]: part for part in json.loads(told.stdout)}


def queue(url):
    return url.rsplit("/", 1)[1]


def test_the_same_services(services, dev_parts):
    standins = {"s3", "aws", "deployer"}
    assert set(services) - standins == set(dev_parts)
    for name, part in dev_parts.items():
        assert services[name]["build"]["target"] == part["program"], name


def test_the_same_settings(services, dev_parts):
    for name, part in dev_parts.items():
        host = {key: value for key, value in part["environment"].items() if not key.startswith("QUEUE_URL_")}
        container = dict(services[name]["environment"])
        # A worker is not told what only upload-api reads, as `dev` does for brevity.
        unread = {"CATALOG_TABLE", "CATALOG_QUEUE_URL", "FLEET_QUEUES"} if name != "upload-api" else set()
        assert set(host) - ONLY_ON_THE_HOST - unread == set(container) - ONLY_IN_CONTAINERS, name
        for key in set(host) & set(container) - PLACES:
            if key.endswith("QUEUE_URL"):
                assert queue(host[key]) == queue(container[key]), (name, key)
            elif key == "FLEET_QUEUES":
                fleets = [[(pair.split("=")[0], queue(pair)) for pair in value[key].split(",")] for value in (host, container)]
                assert sorted(fleets[0]) == sorted(fleets[1]), (name, key)
            else:
                assert host[key] == container[key], (name, key)


def test_queue_urls_point_at_the_stand_in(services):
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            if key.endswith("QUEUE_URL"):
                assert value.startswith("http://aws:4566/000000000000/"), name
    assert merged(MAINTAINED)["services"]["aws"]["environment"]["MINISTACK_HOST"] == "aws"


def test_services_get_as_long_to_stop_as_they_need(services, dev_parts):
    for name, part in dev_parts.items():
        assert int(services[name]["stop_grace_period"].removesuffix("s")) >= part["grace_seconds"], name
    # As ECS stops them.
    ecs = load(INFRA / "cloudformation/fleet-ecs.yaml")["Parameters"]["StopTimeout"]["Default"]
    assert services["transcoder-480p"]["stop_grace_period"] == f"{ecs}s"


def test_nothing_is_published_but_on_the_loopback(services):
    published = {name: port for name, service in services.items() for port in service.get("ports", [])}
    assert set(published) == {"s3", "upload-api"}, "browsers need no more"
    assert all(port.startswith("127.0.0.1:") for port in published.values())
    assert services["upload-api"]["environment"]["LISTEN"] == "0.0.0.0:8080"
    assert services["upload-api"]["environment"]["S3_PUBLIC_ENDPOINT"] == "http://localhost:9000"


def test_services_run_as_on_ecs(services, templates, dev_parts):
    for name in dev_parts:
        service = services[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["init"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["depends_on"] == {"deployer": {"condition": "service_completed_successfully"}}, name
    dockerfile = (INFRA / "Dockerfile").read_text()
    user = re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE)
    assert set(user) == {"10001:10001", "0:0"}
    for _, _, task in resources(templates, "AWS::ECS::TaskDefinition"):
        container = task["Properties"]["ContainerDefinitions"][0]
        check = [word for word in container["HealthCheck"]["Command"] if word != "CMD"]
        assert f"CMD {json.dumps(check)}" in dockerfile, "image and task are probed alike"


def test_versions_are_pinned(services):
    requirements = (ROOT / "dev/localstack.txt").read_text()
    version = re.search(r"^localstack-core\[runtime\]==(.+)$", requirements, re.MULTILINE)[1]
    assert services["aws"]["image"].endswith(f"localstack/localstack:{version}"), "the version that the tests run"
    assert "minio:RELEASE." in services["s3"]["image"]


@pytest.mark.parametrize("files", [[COMPOSE], [COMPOSE, MAINTAINED]], ids=["minio-localstack", "maintained"])
def test_docker_compose_understands_it(files):
    if not shutil.which("docker-compose"):
        pytest.skip("NOT CHECKED: docker-compose is not installed here (apt install docker-compose)")
    command = ["docker-compose", *[word for file in files for word in ("-f", str(file))], "config", "-q"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
