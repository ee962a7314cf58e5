"""What no change of the container cures: a step for whoever builds the image or runs the host."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ergon_ops.changes.optimizations.rule import Site, Wish, optimization

# `{key}` is a detail of the finding.
OF_THE_IMAGE: dict[str, str] = {
    "entrypoint_not_found": "Install {value} in the image, or start a program that is in it.",
    "entrypoint_not_executable": "Make {path} executable in the image (chmod +x), with a #! line that is right.",
    "command_missing_in_shell": "Install {value} in the image, or put its folder into PATH.",
    "python_module_missing": "Install the package that has the module {value} (requirements.txt), then rebuild.",
    "python_import_failed": "Pin a version that has {value}, then rebuild.",
    "python_syntax_error": "Mend the source that Python cannot read ({value}), then rebuild.",
    "node_module_missing": "Add {value} to the dependencies of package.json and install it in the image.",
    "java_class_missing": "Put the class {value} on the class path of the image.",
    "java_jar_missing": "Copy {path} into the image, or name the jar that is there.",
    "user_missing": "Create the user {user} in the image, or start it as a user or uid that is there.",
    "working_dir_missing": "Make {path} in the image (WORKDIR), or start it in a folder that is there.",
    "entrypoint_crlf": "Write {path} with Unix line ends (dos2unix), then rebuild.",
    "entrypoint_interpreter_missing": "Install what {path} names in its first line, or the loader it was built for.",
    "exec_format_error": "Begin {path} with a #! line, or build it for this host's kind of machine.",
    "image_wrong_architecture": "Build or pull {image} for this host's kind of machine: it is made for {value}.",
    "segfault": "The program itself crashed (signal {signal}): another build of it, or its core dump to its makers.",
}
OF_THE_HOST: dict[str, str] = {
    "host_disk_full": "Free space on the host's disk ({value}): `docker system df` shows what takes it.",
    "max_map_count_too_low": "sysctl -w {setting}={expected} on the host, and in /etc/sysctl.d for the next boot.",
    "device_missing": "The host has no device {value}: load its driver, or start the container without it.",
    "volume_disk_full": "Free space on the filesystem behind {mount}, or give the volume a bigger one.",
    "inodes_full": "Remove small files on {mount}, or make its filesystem anew with more inodes.",
    "image_missing": "Pull or build {image} on this host.",
    "mount_source_missing": "Make {path} on the host, or mount what is there.",
    "privilege_not_permitted": "The host does not permit {value}: allow it there, or start the container without it.",
    "ulimit_not_permitted": "The host does not permit {value}: raise its own limit, or ask for less.",
}


@optimization(
    "ADVICE",
    kinds=("rebuild_advice", "host_advice"),
    purpose="hygiene",
    source="the finding itself",
    formula="what the finding names",
    needs=("state",),
    cures=(*OF_THE_IMAGE, *OF_THE_HOST),
    only_cures=True,
)
def advice(site: Site) -> Iterator[Wish]:
    """Say what to do about the image or the host where that alone cures it."""
    finding = site.finding
    if finding is None:
        return
    details = defaultdict(lambda: "it", {key: value for key, value in finding.details.items() if value is not None})
    for kind, texts in (("rebuild_advice", OF_THE_IMAGE), ("host_advice", OF_THE_HOST)):
        if finding.cause in texts:
            text = texts[finding.cause].format_map(details)
            yield site.intent(kind, {"text": text}, rule="ADVICE", why=(site.fact("state"),), formula="")
