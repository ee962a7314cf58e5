"""Plans for languages whose official image brings all that building takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ergon_ops.packaging.analysis.evidence import Application
from ergon_ops.packaging.plan import Config, Copy, Health, Run, Stage, Step

APP = "/app"
DEBIAN, BUSYBOX = "debian:12.5-slim", "busybox:1.36.1"
RUBY, BUNDLE = "3.3", "/usr/local/bundle"  # where the official image's Bundler puts packages
WITHOUT = {"BUNDLE_WITHOUT": "development:test"}
Maker = Callable[[Application, Mapping[str, str]], tuple[Stage, ...]]


def _ports(found: Application) -> tuple[int, ...]:
    return (found.port,) if found.port else ()


def go(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    folder = found.entrypoint.rpartition("/")[0]
    build = ("go", "build", "-trimpath", "-buildvcs=false", "-o", "/out/app", f"./{folder}" if folder else ".")
    steps = (Copy((".",), f"{APP}/"), Run((build,), APP, {"CGO_ENABLED": "0"}))
    test = ("sh", "-c", f"nc -w 3 127.0.0.1 {found.port} </dev/null")  # busybox's own has no -z
    health = Health(test) if found.port else None
    last = Config((f"{APP}/app", *found.run[1:]), APP, ports=_ports(found), labels=labels, health=health)
    return (
        Stage("build", "golang:1.23-bookworm", steps),
        Stage("image", BUSYBOX, (Copy(("/out/app",), f"{APP}/app", stage="build"), last)),
    )


def rust(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    name = found.run[0].removeprefix("./")
    steps = (Copy((".",), f"{APP}/"), Run((("cargo", "build", "--release"),), APP))
    last = Config((f"{APP}/{name}", *found.run[1:]), APP, ports=_ports(found), labels=labels)
    return (
        Stage("build", "rust:1.82-slim-bookworm", steps),
        Stage("image", DEBIAN, (Copy((f"{APP}/target/release/{name}",), f"{APP}/{name}", stage="build"), last)),
    )


def maven(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    tool = ("mvn", "-q", "-DskipTests", "package") if found.dependencies == "pom.xml" else ("gradle", "-q", "bootJar")
    base = "maven:3.9-eclipse-temurin-21" if found.dependencies == "pom.xml" else "gradle:8.10-jdk21"
    made = "target" if found.dependencies == "pom.xml" else "build/libs"
    steps = (Copy((".",), f"{APP}/"), Run((tool, ("sh", "-c", f"mkdir -p /out && cp {made}/*.jar /out/app.jar")), APP))
    last = Config(("java", "-jar", "app.jar"), APP, ports=_ports(found), labels=labels)
    return (
        Stage("build", base, steps),
        Stage("image", "eclipse-temurin:21-jre", (Copy(("/out/app.jar",), f"{APP}/app.jar", stage="build"), last)),
    )


def quarkus(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    """Its build leaves a folder, not one archive."""
    by_maven = found.dependencies == "pom.xml"
    tool = ("mvn", "-q", "-DskipTests", "package") if by_maven else ("gradle", "-q", "build", "-x", "test")
    base = "maven:3.9-eclipse-temurin-21" if by_maven else "gradle:8.10-jdk21"
    made = f"{APP}/{'target' if by_maven else 'build'}/quarkus-app/"
    last = Config(("java", "-jar", "quarkus-run.jar"), APP, ports=_ports(found), labels=labels)
    return (
        Stage("build", base, (Copy((".",), f"{APP}/"), Run((tool,), APP))),
        Stage("image", "eclipse-temurin:21-jre", (Copy((made,), f"{APP}/", stage="build"), last)),
    )


def php(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    """On Apache, else on PHP's own server where the project starts that; packages by Composer's image."""
    own = found.run[:1] == ("php",)
    place = APP if own else "/var/www/html"
    steps: list[Step] = [Copy((".",), f"{place}/")]
    before: tuple[Stage, ...] = ()
    if "composer.json" in found.beside:
        install = ("composer", "install", "--no-dev", "--no-scripts", "--no-interaction", "--ignore-platform-reqs")
        fetched = (Copy(found.beside, f"{APP}/"), Run((install,), APP))
        before = (Stage("vendor", "composer:2.7", fetched),)
        steps.append(Copy((f"{APP}/vendor/",), f"{place}/vendor/", stage="vendor"))
    if not own and found.evidence["type"][0].file.endswith("public/index.php"):
        served = "sed -i 's#/var/www/html#/var/www/html/public#' /etc/apache2/sites-available/000-default.conf"
        steps.append(Run((("sh", "-c", served),), place))
    last = Config(found.run, place, ports=_ports(found), labels=labels)
    return (*before, Stage("image", "php:8.3-cli" if own else "php:8.3-apache", (*steps, last)))


def deno(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    environment = {"DENO_DIR": "/tmp/deno"}
    last = Config(found.run, APP, environment, _ports(found), labels=labels)
    return (Stage("image", "denoland/deno:2.0.0", (Copy((".",), f"{APP}/"), last)),)


def dotnet(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    steps = (Copy((".",), f"{APP}/"), Run((("dotnet", "publish", "-c", "Release", "-o", "/out"),), APP))
    environment = {"ASPNETCORE_URLS": f"http://0.0.0.0:{found.port}"} if found.port else {}
    last = Config(found.run, APP, environment, _ports(found), labels=labels)
    return (
        Stage("build", "mcr.microsoft.com/dotnet/sdk:8.0", steps),
        Stage("image", "mcr.microsoft.com/dotnet/aspnet:8.0", (Copy(("/out/",), f"{APP}/", stage="build"), last)),
    )


def gems(found: Application) -> Stage:
    """The stage in which a Gemfile's packages are installed: its image has what building them takes."""
    listed = found.dependencies == "Gemfile"
    alone = (found.type,) if found.type == "jekyll" else (found.type, "rackup", "puma")
    install = ("bundle", "install") if listed else ("gem", "install", "--no-document", *alone)
    steps = (Copy((found.dependencies, *found.beside), f"{APP}/"),) if listed else ()
    return Stage("build", f"ruby:{found.version or RUBY}-bookworm", (*steps, Run((install,), APP, WITHOUT)))


def ruby(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    test = ("ruby", "-rsocket", "-e", f"TCPSocket.new('127.0.0.1', {found.port}).close")
    bundled = found.dependencies != "Gemfile" or found.run[:1] == ("bundle",)
    run = found.run if bundled else ("bundle", "exec", *found.run)
    environment = {"RACK_ENV": "production", **WITHOUT, "HOME": "/tmp"}
    if any(variable.name == "PORT" for variable in found.variables):
        environment["PORT"] = str(found.port)
    last = Config(run, APP, environment, _ports(found), labels=labels, health=Health(test) if found.port else None)
    copied = Copy((f"{BUNDLE}/",), f"{BUNDLE}/", stage="build")
    base = f"ruby:{found.version or RUBY}-slim-bookworm"
    return (gems(found), Stage("image", base, (copied, Copy((".",), f"{APP}/"), last)))


def jekyll(found: Application) -> Stage:
    """The stage that leaves the pages of a site in its folder."""
    build = tuple(("bundle", "exec", *words) if found.dependencies else words for words in found.build)
    begun = gems(found)
    run = Run(build, APP, {**WITHOUT, "JEKYLL_ENV": "production"})
    return Stage("build", begun.base, (*begun.steps, Copy((".",), f"{APP}/"), run))


COMPILED: Mapping[str, Maker] = {
    **dict.fromkeys(("go", "gin", "echo", "fiber", "chi"), go),
    **dict.fromkeys(("rust", "actix", "axum", "rocket", "warp"), rust),
    "spring-boot": maven,
    "quarkus": quarkus,
    **dict.fromkeys(("php", "symfony"), php),
    **dict.fromkeys(("sinatra", "rack"), ruby),
    "deno": deno,
    **dict.fromkeys(("aspnet", "dotnet"), dotnet),
}
