import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";

import { AssetHashType, Stack } from "aws-cdk-lib";
import { Architecture, AssetCode, Code, Function, FunctionOptions, Runtime } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";

export interface BootzipFunctionProps extends FunctionOptions {
  /** The function's name in bootzip.yaml. */
  readonly function: string;
  /** The directory of bootzip.yaml. Default: the working directory. */
  readonly project?: string;
  /** Default: arm64. */
  readonly architecture?: Architecture;
  /**
   * The value of _HANDLER. Default: the function's handler in bootzip.yaml if it has
   * exactly one, otherwise "bootstrap".
   */
  readonly handler?: string;
  /**
   * The program and its first arguments, such as ["go", "tool", "bootzip"].
   * Default: ["bootzip"].
   */
  readonly bootzip?: string[];
  /**
   * Take the zip that is in dist, which was verified before, and run nothing.
   * Default: false: each synthesis runs `bootzip verify`, which does nothing where
   * nothing changed.
   */
  readonly prebuilt?: boolean;
}

/** A line of dist/manifest.json, as far as it is read here. */
interface Zip {
  readonly function: string;
  readonly arch: string;
  readonly runtime: string;
  readonly file: string;
  readonly sha256: string;
  readonly contentDigest: string;
  readonly handlers?: string[];
}

/**
 * A Lambda function that bootzip builds, packs and verifies. A zip that fails a check
 * stops the synthesis. The hash of the asset is the zip's content digest: a build of the
 * same sources is no change, on any machine.
 */
export class BootzipFunction extends Function {
  constructor(scope: Construct, id: string, props: BootzipFunctionProps) {
    const { function: name, project = ".", architecture = Architecture.ARM_64, bootzip = ["bootzip"], prebuilt = false, ...options } = props;
    const arch = architecture === Architecture.ARM_64 ? "arm64" : "amd64";
    if (!Stack.of(scope).bundlingRequired) {
      // Of a stack that is not deployed, such as with `cdk ls`, the code is not read.
      super(scope, id, { ...options, architecture, runtime: Runtime.PROVIDED_AL2023, handler: props.handler ?? "bootstrap", code: Code.fromAsset(__dirname) });
      return;
    }
    if (!prebuilt) {
      verify(bootzip, project, name, arch);
    }
    const zip = find(project, name, arch);
    super(scope, id, {
      ...options,
      architecture,
      runtime: new Runtime(zip.runtime),
      handler: handlerOf(zip, props.handler),
      code: codeOf(project, zip),
    });
  }
}

function verify(bootzip: string[], project: string, name: string, arch: string): void {
  const [program, ...first] = bootzip;
  // The CDK reads the application's standard output only for its own messages; the report goes to standard error.
  const run = spawnSync(program, [...first, "-C", project, "verify", `--function=${name}`, `--arch=${arch}`], { stdio: ["ignore", 2, 2] });
  if (run.error) {
    throw new Error(`cannot start ${program}: ${run.error.message}; install bootzip, or set the property bootzip`);
  }
  if (run.status !== 0) {
    throw new Error(`bootzip verify failed for function ${name}, ${arch}: exit status ${run.status ?? run.signal}`);
  }
}

function find(project: string, name: string, arch: string): Zip {
  const manifest = path.join(project, "dist", "manifest.json");
  if (!existsSync(manifest)) {
    throw new Error(`${manifest} is not there; run bootzip verify`);
  }
  const { zips } = JSON.parse(readFileSync(manifest, "utf8")) as { zips: Zip[] };
  const zip = zips.find((z) => z.function === name && z.arch === arch);
  if (zip === undefined) {
    const known = zips.map((z) => `${z.function} (${z.arch})`).join(", ");
    throw new Error(`${manifest} has no function ${name} for ${arch}; it has ${known}`);
  }
  return zip;
}

function codeOf(project: string, zip: Zip): AssetCode {
  const file = path.join(project, "dist", zip.file);
  if (!existsSync(file)) {
    throw new Error(`${file} is not there; run bootzip verify`);
  }
  const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (sha256 !== zip.sha256) {
    throw new Error(`${file} is not the zip of dist/manifest.json: its SHA-256 is ${sha256}, not ${zip.sha256}; run bootzip verify`);
  }
  return Code.fromAsset(file, { assetHash: zip.contentDigest, assetHashType: AssetHashType.CUSTOM });
}

function handlerOf(zip: Zip, handler: string | undefined): string {
  const known = zip.handlers ?? [];
  if (handler === undefined) {
    if (known.length > 1) {
      throw new Error(`function ${zip.function} has the handlers ${known.join(", ")}; set the property handler to one of them`);
    }
    return known[0] ?? "bootstrap";
  }
  if (known.length > 0 && !known.includes(handler)) {
    throw new Error(`function ${zip.function} has no handler ${handler}; it has ${known.join(", ")}`);
  }
  return handler;
}
