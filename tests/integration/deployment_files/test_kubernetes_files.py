"""The Kubernetes manifests: what they set and run is what the program takes; what they refer to is there."""

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness.deployment_files import FOLDER, check_command, check_settings, documents, is_pinned, is_refused

from deployments.processes.supervisor import _STOP_SECONDS
from deployments.worker.in_process import _DRAIN_SECONDS, _WITHDRAW_SECONDS

MANIFESTS = FOLDER / "kubernetes"
KUSTOMIZATION = yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text(encoding="utf-8"))
APPLIED = [
    each
    for name in KUSTOMIZATION["resources"]
    if name.endswith(".yaml")
    for each in documents(MANIFESTS / name)
]
SECRETS = {
    each["metadata"]["name"]: each["stringData"] for each in documents(MANIFESTS / "secret.example.yaml")
}
GIVEN = {
    "auth": "zero137:" + "0" * 48,
    "database_url": "postgresql+psycopg://zero137:0@postgres.example:5432/zero137",
    "prefect_database_url": "postgresql+asyncpg://zero137:0@postgres.example:5432/prefect",
    "redis_url": "redis://redis.example:6379/0",
}


def _of(*kinds: str) -> dict[str, Any]:
    """Return the objects of these kinds by name."""
    return {each["metadata"]["name"]: each for each in APPLIED if each["kind"] in kinds}


def _templates() -> dict[str, Any]:
    """Return the pod template of everything that runs, by name."""
    runs = _of("Deployment", "Job") | {
        name: each["spec"]["jobTemplate"] for name, each in _of("CronJob").items()
    }
    return {name: each["spec"]["template"] for name, each in runs.items()}


TEMPLATES = _templates()


def _containers(template: Any) -> Iterator[Any]:  # noqa: ANN401 - a manifest
    yield from template["spec"].get("initContainers", [])
    yield from template["spec"]["containers"]


OURS = {
    f"{name}/{each['name']}": each
    for name, template in TEMPLATES.items()
    for each in _containers(template)
    if each["image"] == "zero137"
}


def _variables(container: Any) -> dict[str, str]:  # noqa: ANN401 - a manifest
    """Return the variables of a container, those out of a Secret blank."""
    found: dict[str, str] = {}
    for source in container["envFrom"]:
        found |= _of("ConfigMap")[source["configMapRef"]["name"]]["data"]
    for each in container.get("env", []):
        reference = each.get("valueFrom", {}).get("secretKeyRef")
        if reference:
            assert reference["key"] in SECRETS[reference["name"]]
        found[each["name"]] = each.get("value", "")
    return found


@pytest.mark.parametrize("name", OURS)
def test_a_container_is_given_what_the_program_takes(name: str, tmp_path: Path) -> None:
    """Each variable is known and valid, its command exists, and its secrets are mounted where it looks."""
    container = OURS[name]
    variables = _variables(container)
    mounts = {each["mountPath"] for each in container["volumeMounts"]}
    for variable, value in variables.items():
        if variable.endswith("_URL_FILE") or variable == "ZERO137_AUTH_FILE":
            folder, _, key = value.rpartition("/")
            assert folder in mounts
            assert key in SECRETS["zero137"]
    settings = check_settings(variables, tmp_path, GIVEN)
    assert settings.store_url in mounts
    words = container.get("args")
    check_command(shlex.join(words) if words else container["command"][-1].removeprefix("exec zero137 "))


def test_the_example_secret_starts_nothing() -> None:
    """Its password is none that the server takes; the addresses lead nowhere."""
    access = pytest.importorskip("deployments.installation.access")
    assert access.auth_fault(SECRETS["zero137"]["auth"])


def test_the_secret_of_the_example_is_not_applied_with_the_rest() -> None:
    """It would replace the real one."""
    assert not any("secret" in name for name in KUSTOMIZATION["resources"])
    assert set(SECRETS["zero137"]) == set(GIVEN)


def test_variables_of_services_never_reach_the_program() -> None:
    """Kubernetes would add ZERO137_SERVER_PORT=tcp://…, which is refused as an unknown setting."""
    for name in _of("Service"):
        link = name.upper().replace("-", "_") + "_PORT"
        assert is_refused({link: "tcp://10.96.0.10:4200"}), link
    assert TEMPLATES
    for template in TEMPLATES.values():
        assert template["spec"]["enableServiceLinks"] is False


def test_every_pod_is_confined_and_bounded() -> None:
    """Not root, without rights, on a file system that cannot be written, with limits and a pinned image."""
    images = {each["name"]: f"{each['name']}:{each['newTag']}" for each in KUSTOMIZATION["images"]}
    assert all(is_pinned(each) for each in images.values())
    for template in TEMPLATES.values():
        pod = template["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["serviceAccountName"] in _of("ServiceAccount")
        for container in _containers(template):
            assert container["image"] in images
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert set(container["resources"]) == {"requests", "limits"}


def test_what_is_mounted_is_there() -> None:
    """Each mount has its volume, each volume its claim, Secret or ConfigMap."""
    made = {"zero137-proxy"}
    for name, template in TEMPLATES.items():
        volumes = {each["name"]: each for each in template["spec"]["volumes"]}
        used = {mount["name"] for each in _containers(template) for mount in each["volumeMounts"]}
        assert used == set(volumes), name
        for volume in volumes.values():
            sources = volume.get("projected", {}).get("sources", [volume])
            for source in sources:
                if "persistentVolumeClaim" in source:
                    assert source["persistentVolumeClaim"]["claimName"] in _of("PersistentVolumeClaim")
                if "configMap" in source:
                    assert source["configMap"]["name"] in made
                secret = source.get("secret", {})
                # The certificate is made by a command of its own, see the handbook.
                assert secret.get("secretName", secret.get("name", "zero137")) in {*SECRETS, "zero137-tls"}


def test_ports_and_probes_agree_with_the_settings(tmp_path: Path) -> None:
    """A probe asks a path that is open, at a port with a name, which is the port the role listens on."""
    for name, container in OURS.items():
        ports = {each["name"]: each["containerPort"] for each in container.get("ports", [])}
        if not ports:
            continue
        settings = check_settings(_variables(container), tmp_path, GIVEN)
        # The kubelet asks from outside of the pod.
        assert settings.host == "0.0.0.0"  # noqa: S104 - compared, not bound
        assert set(ports.values()) == {settings.health_port or settings.port}, name
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container[probe]["httpGet"]
            assert asked["port"] in ports
            assert asked["path"] == ("/ready" if probe == "readinessProbe" else "/health")
    guard = pytest.importorskip("deployments.server.guard")
    assert {"/health", "/ready"} <= guard.OPEN


def test_whoever_is_selected_is_there() -> None:
    """Services, budgets and network policies name the labels of pods, and ports these pods have."""
    labels = [template["metadata"]["labels"] for template in TEMPLATES.values()]
    ports = {port["name"] for t in TEMPLATES.values() for c in _containers(t) for port in c.get("ports", [])}

    def selects(wanted: dict[str, str]) -> bool:
        return any(wanted.items() <= each.items() for each in labels)

    for service in _of("Service").values():
        assert selects(service["spec"]["selector"])
        assert {each["targetPort"] for each in service["spec"]["ports"]} <= ports
    for budget in _of("PodDisruptionBudget").values():
        assert selects(budget["spec"]["selector"]["matchLabels"])
    for policy in _of("NetworkPolicy").values():
        chosen = policy["spec"]["podSelector"].get("matchLabels")
        assert chosen is None or selects(chosen)
        for rule in policy["spec"].get("ingress", []):
            assert {each["port"] for each in rule["ports"]} <= ports
    (ingress,) = _of("Ingress").values()
    for rule in ingress["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            assert path["backend"]["service"]["name"] in _of("Service")
    for deployment in _of("Deployment").values():
        wanted = deployment["spec"]["selector"]["matchLabels"]
        assert wanted == deployment["spec"]["template"]["metadata"]["labels"]


def test_settings_stand_where_they_are_read() -> None:
    """A variable among the names of an object would be dropped, or refused by the cluster."""
    for each in APPLIED:
        assert set(each["metadata"]) <= {"name", "labels", "annotations"}, each["metadata"]


def test_workers_find_the_server_by_the_name_of_its_service(tmp_path: Path) -> None:
    """At the Service's port."""
    settings = check_settings(_of("ConfigMap")["zero137"]["data"], tmp_path, GIVEN)
    (port,) = _of("Service")["zero137-server"]["spec"]["ports"]
    assert settings.ui_url == f"http://zero137-server:{port['port']}"


def test_pods_are_given_the_time_to_end_and_others_stay_meanwhile() -> None:
    """Longer than a worker takes to hand back its runs; an upgrade of a node leaves somebody at work."""
    deployments = _of("Deployment")
    for role in ("server", "services", "worker"):
        grace = deployments[f"zero137-{role}"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert grace > max(_STOP_SECONDS, _DRAIN_SECONDS + 2 * _WITHDRAW_SECONDS) + 5
    for name, deployment in deployments.items():
        several = deployment["spec"]["replicas"] > 1
        assert several == (name in _of("PodDisruptionBudget"))
        assert "topologySpreadConstraints" in deployment["spec"]["template"]["spec"]


def test_only_workers_hold_the_keys_of_informants() -> None:
    """They run the imports; a server that shows runs to everybody never holds them."""
    holders = {name for name, each in OURS.items() if "ZERO137_INFORMANT_KEY" in _variables(each)}
    assert holders == {"zero137-worker/worker"}


def test_kustomize_puts_the_manifests_together() -> None:
    """Offline, as kubectl apply -k would: names are resolved, images get their tags."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("no kubectl on this machine")
    done = subprocess.run([kubectl, "kustomize", MANIFESTS], capture_output=True, text=True, check=True)
    built = [each for each in yaml.safe_load_all(done.stdout) if each]
    assert len(built) == len(APPLIED) + 1
    assert all(each["kind"] == "Namespace" or each["metadata"]["namespace"] == "zero137" for each in built)
    (made,) = [each for each in built if each["kind"] == "ConfigMap" and "where.conf" in each["data"]]
    assert made["metadata"]["name"] in done.stdout.partition("name: behind")[2]
    assert "image: zero137\n" not in done.stdout
