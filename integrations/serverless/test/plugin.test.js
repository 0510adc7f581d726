"use strict";
// A program in bootzip's place notes its arguments; `.ci/run deploy` has the real one,
// and osls.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const test = require("node:test");

const Bootzip = require("..");

function service(t, { functions, provider = {}, custom = {}, options = {}, status = 0 }) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "serverless-bootzip-"));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const log = path.join(dir, "log");
  const program = path.join(dir, "bootzip");
  fs.writeFileSync(program, `#!/bin/sh\necho "$@" >>${log}\nexit ${status}\n`, { mode: 0o755 });
  const plugin = new Bootzip(
    {
      serviceDir: dir,
      classes: { Error: class extends Error {} },
      service: {
        provider: { name: "aws", runtime: "provided.al2023", ...provider },
        custom: { bootzip: { program, ...custom } },
        getAllFunctions: () => Object.keys(functions),
        getFunction: (key) => functions[key],
      },
    },
    options,
  );
  return { dir, run: (hook) => plugin.hooks[hook](), log: () => (fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim().split("\n") : []) };
}

const pack = "before:package:createDeploymentArtifacts";

test("builds and verifies each function, and packages its zip", (t) => {
  const functions = { web: {}, worker: { architecture: "arm64", package: { patterns: ["x"] } } };
  const s = service(t, { functions, custom: { project: "app", functions: { worker: "jobs" } } });
  s.run(pack);
  const app = path.join(s.dir, "app");
  assert.deepEqual(s.log(), [`-C ${app} verify --function=web --arch=amd64`, `-C ${app} verify --function=jobs --arch=arm64`]);
  assert.equal(functions.web.package.artifact, "app/dist/web-amd64.zip");
  assert.deepEqual(functions.worker.package, { patterns: ["x"], individually: true, artifact: "app/dist/jobs-arm64.zip" });
});

test("leaves other functions alone", (t) => {
  const functions = { node: { runtime: "nodejs22.x" }, image: { image: "x" }, own: { package: { artifact: "own.zip" } } };
  const before = structuredClone(functions);
  const s = service(t, { functions, provider: { architecture: "arm64" } });
  s.run(pack);
  assert.deepEqual(s.log(), []);
  assert.deepEqual(functions, before);
});

test("deploy function makes that one alone", (t) => {
  const s = service(t, { functions: { web: {}, worker: {} }, provider: { architecture: "arm64" }, options: { function: "worker" } });
  s.run("before:deploy:function:packageFunction");
  assert.deepEqual(s.log(), [`-C ${s.dir} verify --function=worker --arch=arm64`]);
});

test("prebuilt: runs nothing", (t) => {
  const functions = { web: {} };
  const s = service(t, { functions, custom: { prebuilt: true } });
  s.run(pack);
  assert.deepEqual(s.log(), []);
  assert.equal(functions.web.package.artifact, "dist/web-amd64.zip");
});

test("a zip that fails a check stops the packaging", (t) => {
  const functions = { web: {} };
  const s = service(t, { functions, status: 1 });
  assert.throws(() => s.run(pack), /bootzip verify failed for function web: exit status 1/);
  assert.equal(functions.web.package, undefined);
});

test("no program", (t) => {
  const s = service(t, { functions: { web: {} }, custom: { program: ["/none/bootzip", "x"] } });
  assert.throws(() => s.run(pack), /cannot start \/none\/bootzip: .*custom.bootzip.program/);
});
