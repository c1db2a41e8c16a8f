"""The images built for real, from the programs that lie in target/release, and run: without a Docker engine, by buildah and podman."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import INFRA, ROOT, free_port

TOOLS = ["buildah", "podman", "runc", "debootstrap"]
SERVICES = ["upload-api", "transcoder", "thumbnailer"]
# Kept between runs and clones: the base takes a minute, libav another.
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fantail/images"
STORAGE = ["--root", str(CACHE / "root"), "--runroot", str(CACHE / "run")]
BASE = "localhost/fantail/base"
CONFINED = ["--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--network", "host"]


def missing():
    lacking = [tool for tool in TOOLS if not shutil.which(tool)]
    if lacking:
        return f"apt install buildah podman runc uidmap debootstrap ({', '.join(lacking)} missing)"
    if os.geteuid() != 0:
        return "this needs root"
    unbuilt = [name for name in SERVICES if not (ROOT / "target/release" / name).exists()]
    if unbuilt or not (ROOT / "web/dist/index.html").exists():
        return "build the services and the page first: cargo dev up does"
    return None


pytestmark = pytest.mark.skipif(missing() is not None, reason=f"IMAGES WERE NOT BUILT: {missing()}")


def call(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=900, **options)
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def podman():
    """podman by runc and without systemd, as it also works in a container."""
    CACHE.mkdir(parents=True, exist_ok=True)
    config = CACHE / "containers.conf"
    config.write_text(
        '[containers]\ndefault_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]\n'
        '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "runc"\n'
    )
    os.environ["CONTAINERS_CONF"] = str(config)
    return ["podman", *STORAGE]


@pytest.fixture(scope="module")
def base(podman):
    """Debian 12 as its own installer makes it, in the place of the official image."""
    if BASE not in call("buildah", *STORAGE, "images", "--format", "{{.Name}}"):
        tree = CACHE / "base"
        shutil.rmtree(tree, ignore_errors=True)
        call("debootstrap", "--variant=minbase", "bookworm", tree)
        container = call("buildah", *STORAGE, "from", "scratch").strip()
        call("buildah", *STORAGE, "add", container, tree, "/")
        call("buildah", *STORAGE, "commit", "--rm", container, BASE)
        shutil.rmtree(tree)
    return BASE


@pytest.fixture(scope="module")
def images(base):
    """Each service's image; builder and node are the base, for their stages are not built."""
    names = {}
    for service in SERVICES:
        names[service] = f"localhost/fantail/{service}"
        arguments = [f"--build-arg={name}={base}" for name in ("BASE", "BUILDER", "NODE")]
        call(
            "buildah", *STORAGE, "bud", "--isolation", "chroot", "--pull=never", "--network", "host", "--format", "docker", "--layers",
            *arguments, "--build-arg=PROGRAMS=host", "--target", service, "-t", names[service], "-f", INFRA / "Dockerfile", ROOT,
        )  # fmt: skip
    return names


def inside(podman, image, program, *arguments):
    return call(*podman, "run", "--rm", *CONFINED, "--entrypoint", program, image, *arguments)


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_what_it_needs_and_no_more(podman, images, service):
    image = images[service]
    told = json.loads(call(*podman, "image", "inspect", image))[0]
    assert told["Config"]["User"] == "10001:10001"
    assert told["Healthcheck"]["Test"][:2] == ["CMD", "healthcheck"]
    assert "Usage" in call(*podman, "run", "--rm", *CONFINED, image, "--help")
    search = "command -v cc gcc g++ clang ld rustc cargo npm node pip; ldd /usr/local/bin/* | grep 'not found'; id -u; touch /x"
    seen = subprocess.run(
        [*podman, "run", "--rm", *CONFINED, "--entrypoint", "sh", image, "-c", search], capture_output=True, text=True, check=False
    )
    assert seen.stdout.split() == ["10001"], "no compilers, no missing libraries"
    assert "Read-only file system" in seen.stderr


def test_a_bill_of_materials_names_crates_and_packages(podman, images):
    run = " ".join([*podman, "run --rm --network host --entrypoint"])
    told = json.loads(call("python3", INFRA / "sbom.py", "transcoder", "--image", images["transcoder"], "--run", run))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    names = [component["purl"] for component in told["components"]]
    for wanted in (r"pkg:cargo/tokio@", r"pkg:cargo/ffmpeg-next@9\.", r"pkg:deb/debian/libavcodec59@", r"pkg:deb/debian/ca-certificates@"):
        assert any(re.match(wanted, name) for name in names), wanted
    assert len(names) == len(set(names))


@pytest.fixture(scope="module")
def settings(ministack):
    """What every service is told, with the templates deployed to a stand-in."""
    call(sys.executable, INFRA / "deploy.py", "--prefix", "image", env=ministack | {"AWS_REGION": "us-east-1"})
    queues = f"{ministack['AWS_ENDPOINT_URL']}/000000000000/image"
    return {
        "RAW_BUCKET": "image-raw",
        "MEDIA_BUCKET": "image-media",
        "VIDEO_UPLOADED_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:image-video-uploaded",
        "VIDEO_PROGRESS_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:image-video-progress",
        "CATALOG_QUEUE_URL": f"{queues}-catalog",
        "CATALOG_TABLE": "image-catalogue",
        "QUEUE_URL": f"{queues}-480p",
        "RENDITIONS": "480p",
        "S3_PATH_STYLE": "true",
        "AWS_REGION": "us-east-1",
    } | {key: value for key, value in ministack.items() if key.startswith("AWS_")}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_ready_and_stops_when_told(podman, images, settings, service):
    """Started as ECS starts it. Workers check their cage first, so a ready one has landlock and seccomp in the container."""
    port = free_port()
    address = {"LISTEN" if service == "upload-api" else "HEALTH_LISTEN": f"127.0.0.1:{port}"}
    variables = [word for key, value in (settings | address).items() for word in ("--env", f"{key}={value}")]
    name = f"fantail-test-{port}"
    call(*podman, "run", "--detach", "--name", name, *CONFINED, *variables, images[service])
    try:
        probe = [*podman, "exec", name, "healthcheck", str(port), "/readyz"]
        deadline = time.monotonic() + 60
        while subprocess.run(probe, capture_output=True, check=False).returncode != 0:
            assert time.monotonic() < deadline, call(*podman, "logs", name)
            time.sleep(0.5)
        dead = subprocess.run([*podman, "exec", name, "healthcheck", "1", "/"], capture_output=True, check=False)
        assert dead.returncode != 0
        call(*podman, "stop", "--time", "60", name)
        assert json.loads(call(*podman, "inspect", name))[0]["State"]["ExitCode"] == 0
        logs = call(*podman, "logs", name)
        assert json.loads(logs.splitlines()[0]), "containers log JSON"
    finally:
        subprocess.run([*podman, "rm", "--force", name], capture_output=True, check=False)
