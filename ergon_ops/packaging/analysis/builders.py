"""Programs of npm that build a site and are done: which script calls them, and the folder their pages end up in."""

# ruff: noqa: E501 - a table of builders reads best one a line

from __future__ import annotations

import re

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.packages import Package
from ergon_ops.packaging.analysis.tree import inside

ENDINGS = ("", ".js", ".mjs", ".cjs", ".ts", ".mts", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Builder:
    """`tool` is how a script calls it, `configs` are names of its own file without ending, `said` patterns of the folder
    in them and in the script. Without `always` it is only there if a script builds with it: it may be there for the
    documents of a library."""

    type: str
    packages: str
    tool: str
    output: str
    configs: tuple[str, ...] = ()
    said: str = ""
    always: bool = False


BUILDERS = (
    Builder("eleventy", r"@11ty/eleventy", "eleventy", "_site", (".eleventy", "eleventy.config"), r"\boutput['\"]?\s*:\s*['\"]([\w./-]+)['\"]|--output[= ]([\w./-]+)", True),
    Builder("gatsby", "gatsby", "gatsby build", "public", always=True),
    Builder("docusaurus", r"@docusaurus/core", "docusaurus build", "build", said=r"--out-dir[= ]([\w./-]+)", always=True),
    Builder("vitepress", "vitepress", "vitepress build", ".vitepress/dist"),
    Builder("vuepress", r"vuepress|@vuepress/cli", "vuepress build", ".vuepress/dist"),
    Builder("hexo", "hexo", "hexo generate", "public", ("_config",), r"(?m)^public_dir:\s*['\"]?([\w./-]+)", True),
    Builder("vue-cli", r"@vue/cli-service", "vue-cli-service build", "dist", ("vue.config",), r"outputDir\s*:\s*['\"]([\w./-]+)['\"]|--dest[= ]([\w./-]+)", True),
    Builder("gridsome", "gridsome", "gridsome build", "dist", always=True),
    Builder("ember", "ember-cli", "ember build", "dist", said=r"--output-path[= ]([\w./-]+)"),
    Builder("preact", "preact-cli", "preact build", "build"),
    Builder("quasar", r"@quasar/app(?:-vite|-webpack)?", "quasar build", "dist/spa"),
    Builder("rsbuild", r"@rsbuild/core", "rsbuild build", "dist"),
    Builder("parcel", r"parcel|parcel-bundler", "parcel build", "dist", said=r"(?:--dist-dir|--out-dir|-d)[= ]([\w./-]+)"),
    Builder("webpack", "webpack", "webpack", "dist", ("webpack.config", "webpack.prod", "webpack.config.prod", "config/webpack.prod"), r"\bpath\s*:[^\n]*['\"]\.?/?([\w-][\w./-]*)['\"]"),
)  # fmt: skip


def builder_of(package: Package, name: str) -> tuple[Builder, str, tuple[str, ...], Evidence | None] | None:
    """The one that a package brings: with the folder of its pages, the words that build them, and where they stand."""
    for one in BUILDERS:
        if not re.fullmatch(one.packages, name):
            continue
        library = any(word in package.document for word in ("main", "module", "exports", "types", "bin"))
        script, text = next(
            ((key, text) for key, text in package.scripts.items() if _builds(one, key, text, library=library)), ("", "")
        )
        if not script and not one.always:
            return None
        words = ("npm", "run", script) if script else ("npx", *one.tool.split())
        return one, _output(package, one, text), words, package.script(script) if script else None
    return None


def _builds(one: Builder, key: str, text: str, *, library: bool) -> bool:
    """A script that ends: one that serves or watches does not. What is built of a library's `docs` is about it."""
    if not re.search(rf"(?<![\w@/-]){re.escape(one.tool)}(?![\w-])", text) or key.startswith(
        ("docs", "storybook") if library else "storybook"
    ):
        return False
    return not re.search(r"--(?:serve|watch|incremental)\b|\bserve\b|\bdevelop\b", text) and key not in ("dev", "watch")


def _output(package: Package, one: Builder, text: str) -> str:
    texts = [text]
    for name in one.configs:
        texts += [package.tree.text(inside(package.folder, name + ending)) for ending in ENDINGS]
    if one.said:
        for words in texts:
            if found := re.search(one.said, words):
                said: str = next(part for part in found.groups() if part)
                if ".." not in said:
                    return said.removeprefix("./").strip("/")
    # `vitepress build docs` puts its pages where it found the words.
    below = re.search(rf"{re.escape(one.tool)}\s+([\w./-]+)", text) if one.output.startswith(".v") else None
    return f"{below[1].removeprefix('./').rstrip('/')}/{one.output}" if below else one.output
