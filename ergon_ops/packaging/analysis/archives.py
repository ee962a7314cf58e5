"""What Gradle and Maven call what they build, and which modules of theirs are programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.packaging.analysis.tree import Tree, inside

BUILDS = ("build.gradle.kts", "build.gradle")
MAIN = re.compile(r"(?m)^\s*(?:application\s*\{|mainClass\b|id\s*\(?['\"]application['\"])|<mainClass>")
STARTS = re.compile(
    r"@SpringBootApplication|SpringApplication\.run|runApplication<|static void main\(|public static void main"
    r"|@Path\(|@ApplicationScoped|@GrpcService|\bfun main\(|EngineMain|@QuarkusMain|Micronaut\."
    r"|SpringBootServletInitializer|void main\(\)"
)


def built(tree: Tree, folder: str) -> bool:
    return any(name in tree.names(folder) for name in ("pom.xml", *BUILDS))


def archive(tree: Tree, folder: str, kind: str) -> str:
    """The jar that is run, relative to the folder; '' where its name is not said."""
    if "pom.xml" in tree.names(folder):
        return _maven(tree, folder)
    if not any(name in tree.names(folder) for name in BUILDS):
        return ""
    text = _build(tree, folder)
    name = _name(tree, folder)
    said = re.search(r"archiveFileName(?:\.set\(|\s*=)\s*['\"]([\w.-]+\.jar)['\"]", text)
    base = re.search(r"archiveBaseName(?:\.set\(|\s*=)\s*['\"]([\w.-]+)['\"]", text)
    if said:
        return f"build/libs/{said[1]}"
    name = base[1] if base else name
    if not name:
        return ""
    version = _version(tree, folder)
    behind = f"-{version}" if version else ""
    if kind == "ktor":
        return f"build/libs/{name}-all.jar" if "io.ktor.plugin" in text or "plugins.ktor" in text else ""
    whole = kind == "micronaut" or re.search(
        r"shadowJar|gradle\.plugins\.shadow|gradleup\.shadow|johnrengelman\.shadow", text
    )
    return f"build/libs/{name}{behind}{'-all' if whole else ''}.jar"


def _build(tree: Tree, folder: str) -> str:
    return "\n".join(tree.text(inside(folder, name)) for name in BUILDS)


def _name(tree: Tree, folder: str) -> str:
    """Of the root as its settings say, of a module as its folder is called."""
    for name in ("settings.gradle.kts", "settings.gradle"):
        if found := re.search(r"rootProject\.name\s*=\s*['\"]([\w.-]+)['\"]", tree.text(inside(folder, name))):
            return found[1]
    return folder.rsplit("/", 1)[-1] if folder != "." else ""


def _version(tree: Tree, folder: str) -> str:
    """Of its own build file, else of one above."""
    pattern = r"(?m)^\s*version\s*=?\s*['\"]([\w.+-]+)['\"]"
    for place in (folder, *_above(folder)):
        found = re.search(pattern, _build(tree, place)) or re.search(
            r"(?m)^version\s*=\s*([\w.+-]+)\s*$", tree.text(inside(place, "gradle.properties"))
        )
        if found:
            return found[1]
    return ""


def _above(folder: str) -> Iterator[str]:
    while folder != ".":
        folder = folder.rpartition("/")[0] or "."
        yield folder


def _maven(tree: Tree, folder: str) -> str:
    text = re.sub(r"<!--.*?-->", "", tree.text(inside(folder, "pom.xml")), flags=re.DOTALL)
    own = re.sub(r"<(parent|dependencies|dependencyManagement|build|profiles)>.*?</\1>", "", text, flags=re.DOTALL)
    above = re.search(r"<parent>.*?</parent>", text, re.DOTALL)
    name = re.search(r"<artifactId>([\w.-]+)</artifactId>", own)
    version = re.search(r"<version>([^<]+)</version>", own) or (
        re.search(r"<version>([^<]+)</version>", above[0]) if above else None
    )
    final = re.search(r"<finalName>([^<$]+)</finalName>", text)
    if final:
        return f"target/{final[1].strip()}.jar"
    if not name or not version:
        return ""
    said = version[1].strip()
    if filled := re.fullmatch(r"\$\{([\w.-]+)\}", said):
        given = re.search(rf"<{re.escape(filled[1])}>([^<]+)</", text)
        said = given[1].strip() if given else ""
    return f"target/{name[1]}-{said}.jar" if said else ""


def is_program(tree: Tree, folder: str, inner: list[str]) -> bool:
    """It has something that starts; where there are no sources at all, nobody can tell: it counts."""
    if re.search(r"<packaging>\s*pom\s*</packaging>", tree.text(inside(folder, "pom.xml"))):
        return False
    paths = [path for path in tree.under(folder, ".java", ".kt", ".groovy", ".scala") if "/test/" not in path]
    paths = [path for path in paths if not any(path.startswith(f"{other}/") for other in inner)]
    if not paths:
        return not inner
    if MAIN.search(_build_of(tree, folder)):
        return True  # its build names what starts, be it a library's
    return any(STARTS.search(tree.text(path)) for path in paths)


def _build_of(tree: Tree, folder: str) -> str:
    return "".join(tree.text(inside(folder, name)) for name in ("pom.xml", "build.gradle", "build.gradle.kts"))


def profile(tree: Tree, folder: str) -> str:
    """The profile of Spring that it is run with in use: as its settings, an image or the README say."""
    pattern = re.compile(
        r"spring\.profiles\.active['\"]?\s*[=:]\s*['\"]?(\w[\w-]*)|SPRING_PROFILES_ACTIVE['\"]?\s*[=:]?\s*['\"]?([\w-]+)"
        r"|profiles:\s*\n\s+active:\s*['\"]?(\w[\w-]*)"
    )
    settings = [path for path in tree.under(folder, ".yml", ".yaml", ".properties") if "src/main/" in path]
    settings = [path for path in settings if re.search(r"/application\.\w+$", path)]
    others = [inside(folder, name) for name in ("Dockerfile", "Procfile", "README.md")]
    others += ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
    for path in (*others, *settings):
        if found := pattern.search(tree.text(path)):
            said: str = next(part for part in found.groups() if part)
            if path in settings or not re.search(r"dev|local|test", said):
                return said
    return ""


def in_order(tree: Tree, folder: str, paths: list[str]) -> list[str]:
    """Files of settings as Spring takes them in use: the active profile's, the common ones; none of other profiles."""
    active = profile(tree, folder)

    def rank(path: str) -> int:
        found = re.search(r"(?:^|/)(?:application|bootstrap)(?:-([\w-]+))?\.(?:ya?ml|properties)$", path)
        if not found:
            return 3
        return 1 if not found[1] else 0 if active and found[1] == active else 9

    return [path for path in sorted(paths, key=rank) if rank(path) < 9]
