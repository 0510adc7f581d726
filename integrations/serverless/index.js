"use strict";

const { spawnSync } = require("node:child_process");
const path = require("node:path");

// Runtimes whose zip has a bootstrap.
const osOnly = ["provided.al2023", "provided.al2", "provided"];

// The keys of custom.bootzip in serverless.yml.
const schema = {
  type: "object",
  properties: {
    program: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1 }] },
    project: { type: "string" },
    functions: { type: "object", additionalProperties: { type: "string" } },
    prebuilt: { type: "boolean" },
  },
  additionalProperties: false,
};

// Before packaging, bootzip builds and verifies each function with an OS-only runtime
// that has no image and no artifact of its own. Its zip becomes the artifact.
class Bootzip {
  constructor(serverless, options) {
    this.serverless = serverless;
    this.options = options ?? {};
    serverless.configSchemaHandler?.defineCustomProperties({ type: "object", properties: { bootzip: schema } });
    const all = () => this.prepare(this.functions());
    this.hooks = {
      "before:package:createDeploymentArtifacts": all,
      "before:deploy:function:packageFunction": () => this.prepare(this.functions().filter((key) => key === this.options.function)),
    };
  }

  // The keys of the functions that bootzip makes.
  functions() {
    const { service } = this.serverless;
    return service.getAllFunctions().filter((key) => {
      const f = service.getFunction(key);
      return osOnly.includes(f.runtime ?? service.provider.runtime) && !f.image && !f.package?.artifact;
    });
  }

  prepare(keys) {
    const { service, serviceDir } = this.serverless;
    const { program = "bootzip", project = ".", functions = {}, prebuilt = false } = service.custom?.bootzip ?? {};
    for (const key of keys) {
      const f = service.getFunction(key);
      const name = functions[key] ?? key;
      const arch = (f.architecture ?? service.provider.architecture ?? "x86_64") === "arm64" ? "arm64" : "amd64";
      const directory = path.resolve(serviceDir, project);
      if (!prebuilt) {
        this.run([].concat(program), ["-C", directory, "verify", `--function=${name}`, `--arch=${arch}`], `function ${key}`);
      }
      // Relative to serverless.yml, as osls takes it.
      f.package = { ...f.package, individually: true, artifact: path.relative(serviceDir, path.join(directory, "dist", `${name}-${arch}.zip`)) };
    }
  }

  run([command, ...first], args, what) {
    const run = spawnSync(command, [...first, ...args], { cwd: this.serverless.serviceDir, stdio: ["ignore", 2, 2] });
    if (run.error) {
      throw this.error(`cannot start ${command}: ${run.error.message}; install bootzip, or set custom.bootzip.program`, "BOOTZIP_PROGRAM");
    }
    if (run.status !== 0) {
      throw this.error(`bootzip verify failed for ${what}: exit status ${run.status ?? run.signal}`, "BOOTZIP_VERIFY");
    }
  }

  // error is one of the user's, which osls prints without a stack trace.
  error(message, code) {
    const UserError = this.serverless.classes?.Error ?? Error;
    return new UserError(message, code);
  }
}

module.exports = Bootzip;
