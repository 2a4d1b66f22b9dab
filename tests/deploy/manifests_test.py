"""Goal: what is in deploy/ starts the program that is there: its flags, settings, ports, user, pages and libraries."""

import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import DEPLOY, ROOT, load

# Read by the program besides its options: base settings of libpq are no business of ours.
SECRET = "MENTORD_CITIZEN_SECRET"
KUBERNETES = sorted(p.name for p in (DEPLOY / "kubernetes").glob("*.yaml"))


def kube(name):
    return load(f"kubernetes/{name}.yaml")


def pod_of(manifest):
    return manifest["spec"]["template"]["spec"]


def environment_name(option):
    return "MENTORD_" + option.upper().replace("-", "_")


def takes(options, settings):
    """Each MENTORD_ setting is one that the command takes."""
    known = {environment_name(option) for option in options} | {SECRET}
    unknown = {name for name in settings if name.startswith("MENTORD_")} - known
    assert unknown == set()


def flags_of(words):
    return {word[2:].partition("=")[0] for word in words if word.startswith("--")}


def test_the_program_tells_its_options(program):
    assert program.worker["group"] == "mentord" and "metrics-listen" in program.worker, "or nothing below proves anything"
    assert len(program.metrics) > 30 and len(program.reasons) > 20


# Compose

def test_compose_gives_settings_that_exist(program):
    services = load("compose.yaml")["services"]
    takes(program.worker, services["worker"]["environment"])
    takes(program.migrate, services["migrate"]["environment"])
    takes(program.publish, services["publish"]["environment"])
    assert services["worker"]["command"] == ["worker"] and services["migrate"]["command"] == ["db", "migrate"]
    assert services["worker"]["deploy"]["replicas"] == 2


def test_compose_makes_the_topics_of_the_defaults(program):
    script = load("compose.yaml")["services"]["topics"]["command"][-1]
    made = dict(re.findall(r"^make (\S+) (\d+)$", script, re.MULTILINE))
    assert set(made) == {program.worker[f"topic-{kind}"] for kind in ("applications", "decisions", "dlq", "audit")}
    least = int(made[program.worker["topic-applications"]]) + 64 * 1024
    assert all(int(size) >= least for topic, size in made.items() if topic != program.worker["topic-applications"])


def test_compose_is_confined_and_waits_for_what_it_needs():
    document = load("compose.yaml")
    services = document["services"]
    for name in ("migrate", "worker", "publish"):
        assert services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), "nothing is shown to the network"
    assert set(document["volumes"]) == {v.split(":")[0] for s in services.values() for v in s.get("volumes", [])
                                        if not v.startswith(".")}
    for volume in services["prometheus"]["volumes"]:
        assert (DEPLOY / volume.split(":")[0]).exists()


def test_prometheus_finds_the_workers_of_compose():
    listen = load("compose.yaml")["services"]["worker"]["environment"]["MENTORD_METRICS_LISTEN"]
    job, = load("prometheus/prometheus.yml")["scrape_configs"]
    source, = job["dns_sd_configs"]
    assert job["job_name"] == "mentord" and source["names"] == ["worker"]
    assert listen == f"0.0.0.0:{source['port']}"


def docker(*arguments, timeout=60):
    return subprocess.run(["docker", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)


def test_compose_itself_reads_it():
    if shutil.which("docker") is None or docker("compose", "version").returncode != 0:
        pytest.skip("there is no docker compose")
    done = subprocess.run(["docker", "compose", "-f", "deploy/compose.yaml", "config", "-q"], cwd=ROOT, capture_output=True,
                          text=True, env={"PATH": "/usr/bin:/bin:/usr/local/bin", SECRET: "x"}, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


# Image

def stages():
    text = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    return re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]


def packages(stage):
    words = re.search(r"apt-get install -y --no-install-recommends([^&]*)&&", stage)[1].split()
    return set(words)


def test_the_image_builds_with_what_install_deps_names():
    listed = re.search(r"^build=\((.*?)\)", (DEPLOY / "install-deps").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    needed = set(listed[1].split()) - {"postgresql", "python3"}  # for the demo
    assert packages(stages()[0]) == needed


def test_the_image_runs_with_the_libraries_it_is_linked_to(binary):
    """In Debian's names: who owns each library that the binary names."""
    if shutil.which("dpkg-query") is None:
        pytest.skip("this is not Debian")
    needed = re.findall(r"NEEDED.*\[(.*)\]", subprocess.run(["readelf", "-d", binary], check=True, capture_output=True,
                                                            text=True, timeout=30).stdout)
    linked = subprocess.run(["ldd", binary], check=True, capture_output=True, text=True, timeout=30).stdout
    owners = set()
    for library in needed:
        path = pathlib.Path(re.search(rf"{re.escape(library)} => (\S+)", linked)[1]).resolve()
        owner = subprocess.run(["dpkg-query", "-S", path.name], check=True, capture_output=True, text=True, timeout=30).stdout
        owners |= {line.split(":")[0] for line in owner.splitlines()
                   if line.rpartition(" ")[2].removeprefix("/usr") == str(path).removeprefix("/usr")}
    assert packages(stages()[-1]) == owners - {"libc6"} | {"ca-certificates"}


def test_the_image_is_not_root_and_two_stages():
    first, last = stages()
    assert first.startswith("debian:12-slim AS build") and last.startswith("debian:12-slim\n")
    user = re.search(r"^USER (\d+):(\d+)$", last, re.MULTILINE)
    assert user and int(user[1]) > 1000 and f"--uid {user[1]}" in last
    assert 'ENTRYPOINT ["/usr/bin/mentord"]' in last
    assert "CMAKE_INSTALL_PREFIX=/usr" in first, "the rulebook is looked for where it was installed"


def test_the_image_can_be_built_and_run():
    if shutil.which("docker") is None or docker("info").returncode != 0:
        pytest.skip("no Docker daemon answers here: the image is not built")
    built = docker("build", "-f", "deploy/Dockerfile", "-t", "mentord-test", ".", timeout=1800)
    assert built.returncode == 0, built.stderr[-3000:]
    ran = docker("run", "--rm", "--read-only", "--cap-drop=ALL", "mentord-test", "rulebook", "lint")
    assert ran.returncode == 0, ran.stderr


# Kubernetes

def test_kustomize_takes_every_manifest():
    assert sorted(kube("kustomization")["resources"]) == [n for n in KUBERNETES if n != "kustomization.yaml"]


def test_kubernetes_gives_settings_that_exist(program):
    takes(program.worker, kube("configmap")["data"])
    assert all(isinstance(value, str) for value in kube("configmap")["data"].values())
    worker, = pod_of(kube("deployment"))["containers"]
    migrate, = pod_of(kube("migrate"))["containers"]
    assert worker["args"] == ["worker"] and migrate["args"] == ["db", "migrate"]
    secrets = re.findall(r"--from-literal=(\w+)=", (DEPLOY / "kubernetes" / "kustomization.yaml").read_text(encoding="utf-8"))
    takes(program.worker, secrets)
    assert SECRET in secrets and "MENTORD_DATABASE_URL" in secrets
    assert not set(secrets) & set(kube("configmap")["data"])


def test_kubernetes_probes_what_is_served():
    container, = pod_of(kube("deployment"))["containers"]
    port, = container["ports"]
    assert kube("configmap")["data"]["MENTORD_METRICS_LISTEN"] == f"0.0.0.0:{port['containerPort']}"
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": port["name"]}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": port["name"]}
    assert kube("deployment")["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"] == str(port["containerPort"])


@pytest.mark.parametrize("name", ["deployment", "migrate"])
def test_kubernetes_runs_it_as_the_image_does_and_confined(name):
    pod = pod_of(kube(name))
    container, = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert f"USER {pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}\n" in stages()[-1]
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                            "capabilities": {"drop": ["ALL"]}}
    assert container["image"] == kube("kustomization")["images"][0]["name"]
    assert pod["automountServiceAccountToken"] is False


def test_kubernetes_names_fit_each_other(program):
    deployment, scaled = kube("deployment"), kube("scaling")
    labels = deployment["spec"]["selector"]["matchLabels"]
    assert deployment["spec"]["template"]["metadata"]["labels"].items() >= labels.items()
    assert kube("disruption")["spec"]["selector"]["matchLabels"] == labels
    assert kube("migrate")["spec"]["template"]["metadata"]["labels"] != labels, "or the budget would count it"
    assert scaled["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert "replicas" not in deployment["spec"], "the scaler's business"
    trigger, = scaled["spec"]["triggers"]
    settings = kube("configmap")["data"]
    assert trigger["metadata"]["consumerGroup"] == settings["MENTORD_GROUP"]
    assert trigger["metadata"]["bootstrapServers"] == settings["MENTORD_KAFKA_BROKERS"]
    assert trigger["metadata"]["topic"] == program.worker["topic-applications"]
    assert all(isinstance(value, str) for value in trigger["metadata"].values())
    version = re.search(r"project\(mentord VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
    assert kube("kustomization")["images"][0]["newTag"] == version


def test_stopping_gets_the_time_that_draining_takes():
    """WORKER_DRAIN_MS for what is on its way, LEAVE_MS for a group whose broker is away, and room."""
    drain = int(re.search(r"WORKER_DRAIN_MS = (\d+)", (ROOT / "include/mentor/app/worker.h").read_text(encoding="utf-8"))[1])
    leave = int(re.search(r"LEAVE_MS = (\d+)", (ROOT / "src/kafka/consumer_client.c").read_text(encoding="utf-8"))[1])
    least = (drain + leave) / 1000 + 5
    unit = (DEPLOY / "systemd" / "mentord.service").read_text(encoding="utf-8")
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[1]) >= least
    assert pod_of(kube("deployment"))["terminationGracePeriodSeconds"] >= least
    assert int(load("compose.yaml")["services"]["worker"]["stop_grace_period"].rstrip("s")) >= least


# systemd

UNIT = DEPLOY / "systemd" / "mentord.service"


def test_the_unit_gives_settings_that_exist(program):
    text = UNIT.read_text(encoding="utf-8")
    takes(program.worker, re.findall(r"^Environment=(\w+)=", text, re.MULTILINE))
    command = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)[1].split()
    assert command[:2] == ["/usr/bin/mentord", "worker"] and flags_of(command) <= set(program.worker)
    lines = (DEPLOY / "systemd" / "mentord.conf").read_text(encoding="utf-8").splitlines()
    names = {line.partition("=")[0].strip() for line in lines if line and not line.startswith("#")}
    assert names and names <= set(program.worker)


def test_the_unit_does_not_restart_a_halt():
    text = UNIT.read_text(encoding="utf-8")
    assert "\nRestart=on-failure\n" in text
    assert "\nRestartPreventExitStatus=1 64\n" in text, "EXIT_FAILED and EXIT_USAGE of include/mentor/app/command.h"


@pytest.fixture
def unit(binary, tmp_path):
    """As systemd would find it installed: the binary is there, and no manual page is asked for."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze")
    path = tmp_path / "mentord.service"
    text = UNIT.read_text(encoding="utf-8").replace("/usr/bin/mentord", str(binary))
    path.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    return path


def test_systemd_reads_the_unit(unit):
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_is_confined(unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", unit], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
