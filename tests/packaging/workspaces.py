"""The longer projects of the table: workspaces of Nx and of Nest, an Angular that renders on a server, an Adonis.

They are made to be built and run; what they have in common with shorter ones is here too.
"""

# ruff: noqa: E501 - a table of files reads best one a line

from __future__ import annotations

import json


def package(**more: object) -> str:
    return json.dumps(more, indent=1)


HTML = "<!doctype html><html><head><title>x</title></head><body></body></html>\n"
SHOP_HTML = "<!doctype html><html><body><shop-root></shop-root></body></html>\n"
DECORATED = {"experimentalDecorators": True, "emitDecoratorMetadata": True}
COMPILED = {"target": "es2022", "esModuleInterop": True, "skipLibCheck": True}
TSCONFIG = package(compilerOptions={"outDir": "dist", "rootDir": "src", "module": "commonjs", **COMPILED, **DECORATED}, include=["src"])  # fmt: skip
NEST = {
    "@nestjs/common": "10",
    "@nestjs/core": "10",
    "@nestjs/platform-express": "10",
    "reflect-metadata": "0.2",
    "rxjs": "7",
}
NEST_DEV = {"@nestjs/cli": "10", "ts-loader": "9", "typescript": "5.4", "@types/node": "20"}
NEST_MAIN = """import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

@Module({})
class Shop {}

async function main() {
  const app = await NestFactory.create(Shop)
  await app.listen(3100)
}
main()
"""
NEST_SERVICE = """import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { MicroserviceOptions, Transport } from '@nestjs/microservices'

@Module({})
class Shop {}

async function main() {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(Shop, {
    transport: Transport.%s,
    options: { %s },
  })
  await app.listen()
}
main()
"""
ANGULAR_MAIN = """import { Component } from '@angular/core'
import { bootstrapApplication } from '@angular/platform-browser'

@Component({ selector: 'shop-root', standalone: true, template: 'x' })
class Shop {}

bootstrapApplication(Shop)
"""

# -- Nx: applications of folders without a package.json

INFERRED = [{"plugin": "@nx/vite/plugin", "options": {"buildTargetName": "build"}}]
ANGULAR_OF_NX = {f"@angular/{name}": "18" for name in ("core", "common", "compiler", "platform-browser")}
OF_NX = {
    **dict.fromkeys(("nx", "@nx/js", "@nx/vite", "@nx/webpack"), "19.6.4"),
    "@angular-devkit/build-angular": "18",
    "@angular/compiler-cli": "18",
    "@types/node": "20",
    "typescript": "5.5",
    "vite": "5",
    "vitest": "2",
}
API_OF_NX = {
    "executor": "@nx/webpack:webpack",
    "options": {
        "outputPath": "dist/apps/api",
        "main": "apps/api/src/main.ts",
        "tsConfig": "apps/api/tsconfig.json",
        "webpackConfig": "apps/api/webpack.config.js",
        "target": "node",
        "compiler": "tsc",
    },
}
DASHBOARD_OF_NX = {
    "executor": "@angular-devkit/build-angular:application",
    "options": {
        "outputPath": "dist/apps/dashboard",
        "index": "apps/dashboard/src/index.html",
        "browser": "apps/dashboard/src/main.ts",
        "polyfills": ["zone.js"],
        "tsConfig": "apps/dashboard/tsconfig.json",
    },
}
ONE_FILE = package(extends="../../tsconfig.base.json", files=["src/main.ts"])
NX = {
    "nx.json": package(plugins=INFERRED),
    "package.json": package(
        name="fleet",
        private=True,
        dependencies={**NEST, **ANGULAR_OF_NX, "react": "18", "tslib": "2", "zone.js": "0.14"},
        devDependencies=OF_NX,
    ),
    "tsconfig.base.json": package(
        compilerOptions={
            "module": "es2022",
            "moduleResolution": "bundler",
            "lib": ["es2022", "dom"],
            **COMPILED,
            **DECORATED,
        }
    ),
    "apps/api/project.json": package(name="api", projectType="application", targets={"build": API_OF_NX}),
    "apps/api/webpack.config.js": "const { composePlugins, withNx } = require('@nx/webpack')\nmodule.exports = composePlugins(withNx())\n",
    "apps/api/tsconfig.json": ONE_FILE,
    "apps/api/src/main.ts": NEST_MAIN.replace("3100", "process.env.PORT || 3333"),
    "apps/api-e2e/project.json": package(name="api-e2e", projectType="application"),
    "apps/dashboard/project.json": package(name="dashboard", projectType="application", targets={"build": DASHBOARD_OF_NX}),
    "apps/dashboard/tsconfig.json": ONE_FILE,
    "apps/dashboard/src/main.ts": ANGULAR_MAIN,
    "apps/dashboard/src/index.html": SHOP_HTML,
    "apps/shop/project.json": package(name="shop", projectType="application", targets={}),
    "apps/shop/vite.config.ts": "export default { build: { outDir: '../../dist/apps/shop' } }\n",
    "apps/shop/index.html": HTML,
    "apps/shop/src/main.tsx": "import 'react'\n",
    "libs/model/project.json": package(name="model", projectType="library"),
    "libs/model/src/index.ts": "export const x = 1\n",
}  # fmt: skip

# -- Nx: applications of packages of a workspace, built by esbuild

MEMBERS_DEV = {
    **dict.fromkeys(("nx", "@nx/esbuild", "@nx/js", "@nx/vite"), "21"),
    "@types/express": "4",
    "@types/node": "20",
    "esbuild": "0.25",
    "typescript": "5.8",
    "vite": "6",
    "vitest": "3",
}


def by_esbuild(**more: object) -> str:
    options = {"outputPath": "apps/api/dist", "main": "apps/api/src/main.ts", "tsConfig": "apps/api/tsconfig.json"}
    build = {"executor": "@nx/esbuild:esbuild", "options": {**options, "bundle": True, "format": ["cjs"], **more}}
    return package(name="@acme/api", nx={"targets": {"build": build}})


NX_MEMBERS = {
    "nx.json": package(plugins=INFERRED),
    "package.json": package(
        private=True,
        workspaces=["apps/*", "packages/*"],
        dependencies={"express": "4", "react": "19"},
        devDependencies=MEMBERS_DEV,
    ),
    "package-lock.json": "{}",
    "tsconfig.json": package(compilerOptions={"module": "esnext", "moduleResolution": "bundler", **COMPILED}),
    "apps/api/package.json": by_esbuild(esbuildOptions={"outExtension": {".js": ".js"}}),
    "apps/api/tsconfig.json": package(extends="../../tsconfig.json", files=["src/main.ts"]),
    "apps/api/src/main.ts": "import express from 'express'\nconst port = process.env.PORT ? Number(process.env.PORT) : 3001\nexpress().listen(port)\n",
    "apps/web/package.json": package(name="@acme/web"),
    "apps/web/vite.config.ts": "export default { build: { outDir: './dist' } }\n",
    "apps/web/index.html": HTML,
    "apps/web/src/main.tsx": "import 'react'\n",
    "packages/ui/package.json": package(name="@acme/ui"),
    "packages/ui/src/index.ts": "export const x = 1\n",
}  # fmt: skip
NX_MODULES = {**NX_MEMBERS, "apps/api/package.json": by_esbuild()}

# -- Nest's own workspace


def of_nest(name: str) -> dict[str, object]:
    settings = {"tsConfigPath": f"apps/{name}/tsconfig.app.json"}
    place = {"root": f"apps/{name}", "sourceRoot": f"apps/{name}/src", "entryFile": "main"}
    return {"type": "application", **place, "compilerOptions": settings}


NEST_MONOREPO = {
    "package.json": package(
        scripts={"build": "nest build", "start:prod": "node dist/apps/gateway/main"},
        dependencies=NEST,
        devDependencies=NEST_DEV,
    ),
    "tsconfig.json": package(compilerOptions={"outDir": "dist", "module": "commonjs", **COMPILED, **DECORATED}),
    "nest-cli.json": package(
        monorepo=True,
        root="apps/gateway",
        compilerOptions={"webpack": True},
        projects={
            "gateway": of_nest("gateway"),
            "ledger": of_nest("ledger"),
            "common": {"type": "library", "root": "libs/common"},
        },
    ),
    "apps/gateway/tsconfig.app.json": package(extends="../../tsconfig.json", include=["src"]),
    "apps/gateway/src/main.ts": NEST_MAIN,
    "apps/ledger/tsconfig.app.json": package(extends="../../tsconfig.json", include=["src"]),
    "apps/ledger/src/main.ts": NEST_MAIN.replace("3100", "3010"),
    "libs/common/src/index.ts": "export const x = 1\n",
}

# -- Angular, rendered on a server

RENDERING = ("core", "common", "compiler", "platform-browser", "platform-server", "router", "ssr")
RENDERED = {
    "builder": "@angular/build:application",
    "options": {
        "outputPath": "dist/shop",
        "browser": "src/main.ts",
        "server": "src/main.server.ts",
        "tsConfig": "tsconfig.json",
        "outputMode": "server",
        "ssr": {"entry": "src/server.ts"},
    },
}
ANGULAR_SERVED = {
    "package.json": package(
        name="shop",
        scripts={"build": "ng build", "serve:ssr:shop": "node dist/shop/server/server.mjs"},
        dependencies={
            **{f"@angular/{name}": "20.1.0" for name in RENDERING},
            "express": "5",
            "rxjs": "7",
            "tslib": "2",
        },
        devDependencies={
            **{f"@angular/{name}": "20.1.0" for name in ("build", "cli", "compiler-cli")},
            "@types/express": "5",
            "@types/node": "20",
            "typescript": "5.8",
        },
    ),
    "angular.json": package(
        version=1,
        cli={"analytics": False},
        projects={
            "shop": {"projectType": "application", "root": "", "sourceRoot": "src", "architect": {"build": RENDERED}}
        },
    ),
    "tsconfig.json": package(
        compilerOptions={
            "module": "preserve",
            "moduleResolution": "bundler",
            "lib": ["es2022", "dom"],
            "types": ["node"],
            **COMPILED,
            **DECORATED,
        },
        files=["src/main.ts", "src/main.server.ts", "src/server.ts"],
    ),
    "src/index.html": SHOP_HTML,
    "src/shop.ts": """import { Component, provideZonelessChangeDetection } from '@angular/core'

@Component({ selector: 'shop-root', template: 'x' })
export class Shop {}

export const providers = [provideZonelessChangeDetection()]
""",
    "src/main.ts": """import { bootstrapApplication } from '@angular/platform-browser'
import { providers, Shop } from './shop'

bootstrapApplication(Shop, { providers })
""",
    "src/main.server.ts": """import { bootstrapApplication } from '@angular/platform-browser'
import { provideRouter } from '@angular/router'
import { provideServerRendering, RenderMode, withRoutes } from '@angular/ssr'
import { providers, Shop } from './shop'

const rendering = provideServerRendering(withRoutes([{ path: '**', renderMode: RenderMode.Server }]))
export default () => bootstrapApplication(Shop, { providers: [...providers, provideRouter([]), rendering] })
""",
    "src/server.ts": """import { AngularNodeAppEngine, createNodeRequestHandler, writeResponseToNodeResponse } from '@angular/ssr/node'
import express from 'express'

const app = express()
const engine = new AngularNodeAppEngine()
app.use((request, response, next) => {
  engine
    .handle(request)
    .then((made) => (made ? writeResponseToNodeResponse(made, response) : next()))
    .catch(next)
})
const port = process.env['PORT'] || 4001
app.listen(port)
export const reqHandler = createNodeRequestHandler(app)
""",
}

# -- Adonis: what it builds into is run from there

IGNITED = """import 'reflect-metadata'
import { Ignitor } from '@adonisjs/core'

await new Ignitor(new URL('../', import.meta.url), { importer: (path) => import(path) }).%s
"""
ADONIS_DEV = {
    "@adonisjs/assembler": "7",
    "@adonisjs/tsconfig": "1",
    "@swc/core": "1",
    "@types/node": "20",
    "ts-node-maintained": "10",
    "typescript": "5.8",
}
ADONIS = {
    "package.json": package(
        type="module",
        scripts={"start": "node bin/server.js", "build": "node ace build"},
        dependencies={"@adonisjs/core": "6", "reflect-metadata": "0.2"},
        devDependencies=ADONIS_DEV,
    ),
    "tsconfig.json": package(
        extends="@adonisjs/tsconfig/tsconfig.app.json", compilerOptions={"rootDir": "./", "outDir": "./build"}
    ),
    "ace.js": "import 'ts-node-maintained/register/esm'\nawait import('./bin/console.js')\n",
    "adonisrc.ts": """import { defineConfig } from '@adonisjs/core/app'

export default defineConfig({
  commands: [() => import('@adonisjs/core/commands')],
  providers: [() => import('@adonisjs/core/providers/app_provider')],
  preloads: [() => import('./start/routes.js')],
})
""",
    "bin/console.ts": IGNITED % "ace().handle(process.argv.splice(2))",
    "bin/server.ts": IGNITED % "httpServer().start()",
    "config/app.ts": """import { defineConfig } from '@adonisjs/core/http'

export const appKey = process.env.APP_KEY ?? 'thirty-two characters of a table'
export const http = defineConfig({})
""",
    "config/logger.ts": """import { defineConfig } from '@adonisjs/core/logger'

export default defineConfig({ default: 'app', loggers: { app: { enabled: true } } })
""",
    "start/routes.ts": "import router from '@adonisjs/core/services/router'\n\nrouter.get('/', () => 'x')\n",
    ".env.example": "HOST=localhost\nPORT=3334\n",
}
