// A program in bootzip's place writes a manifest and notes its arguments; `.ci/run
// deploy` has the real one.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const { App, Stack } = require("aws-cdk-lib");
const { Template } = require("aws-cdk-lib/assertions");
const { Architecture } = require("aws-cdk-lib/aws-lambda");

const { BootzipFunction } = require("../dist");

let project, program, log;

beforeEach(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), "bootzip-cdk-"));
  log = path.join(project, "log");
  program = path.join(project, "bootzip");
  fs.writeFileSync(program, `#!/bin/sh\necho "$@" >>${log}\necho a report\n`, { mode: 0o755 });
  zips([zip()]);
});
afterEach(() => fs.rmSync(project, { recursive: true }));

function zip(more = {}) {
  return { function: "web", arch: "arm64", runtime: "provided.al2023", file: "web-arm64.zip", contentDigest: "0123456789abcdef", text: "zip", ...more };
}

function zips(all) {
  fs.mkdirSync(path.join(project, "dist"), { recursive: true });
  for (const z of all) {
    fs.writeFileSync(path.join(project, "dist", z.file), z.text);
    z.sha256 ??= createHash("sha256").update(z.text).digest("hex");
  }
  fs.writeFileSync(path.join(project, "dist", "manifest.json"), JSON.stringify({ zips: all }));
}

// synth returns the function's resource, and the names of the assets.
function synth(props = {}, context = {}) {
  const app = new App({ context, outdir: path.join(project, "cdk.out") });
  const stack = new Stack(app, "Shop");
  new BootzipFunction(stack, "Web", { function: "web", project, bootzip: [program], ...props });
  const [resource] = Object.values(Template.fromStack(stack).findResources("AWS::Lambda::Function"));
  return { properties: resource.Properties, assets: fs.readdirSync(path.join(project, "cdk.out")).filter((f) => f.startsWith("asset.")) };
}

test("builds and verifies the function, and takes its settings from the manifest", () => {
  const { properties } = synth({ memorySize: 256 });
  expect(fs.readFileSync(log, "utf8")).toBe(`-C ${project} verify --function=web --arch=arm64\n`);
  expect(properties).toMatchObject({ Runtime: "provided.al2023", Architectures: ["arm64"], Handler: "bootstrap", MemorySize: 256 });
});

test("the asset has the content digest's name: other bytes of the same content are no change", () => {
  const before = synth();
  zips([zip({ text: "the same, compressed otherwise" })]);
  const after = synth();
  expect(after.properties.Code).toEqual(before.properties.Code);
  zips([zip({ contentDigest: "fedcba9876543210" })]);
  expect(synth().properties.Code).not.toEqual(before.properties.Code);
});

test("amd64, and the handler of bootzip.yaml", () => {
  zips([zip({ handlers: ["a"] }), zip({ arch: "amd64", file: "web-amd64.zip", handlers: ["only"] })]);
  const { properties } = synth({ architecture: Architecture.X86_64, bootzip: [program, "tool"] });
  expect(properties).toMatchObject({ Architectures: ["x86_64"], Handler: "only" });
  expect(fs.readFileSync(log, "utf8")).toBe(`tool -C ${project} verify --function=web --arch=amd64\n`);
});

test("prebuilt: nothing is run", () => {
  expect(synth({ prebuilt: true }).properties.Runtime).toBe("provided.al2023");
  expect(fs.existsSync(log)).toBe(false);
});

test("a stack that is not asked for is not built", () => {
  fs.rmSync(path.join(project, "dist"), { recursive: true });
  synth({}, { "aws:cdk:bundling-stacks": [] });
  expect(fs.existsSync(log)).toBe(false);
});

test.each([
  ["a failed check", () => fs.writeFileSync(program, "#!/bin/sh\nexit 1\n"), {}, "bootzip verify failed for function web, arm64: exit status 1"],
  ["no program", () => {}, { bootzip: ["/none/bootzip"] }, "cannot start /none/bootzip"],
  ["no manifest", () => fs.rmSync(path.join(project, "dist"), { recursive: true }), {}, "manifest.json is not there; run bootzip verify"],
  ["another function", () => {}, { function: "api" }, "has no function api for arm64; it has web (arm64)"],
  ["another architecture", () => {}, { architecture: Architecture.X86_64 }, "has no function web for amd64"],
  ["no zip", () => fs.rmSync(path.join(project, "dist", "web-arm64.zip")), {}, "web-arm64.zip is not there; run bootzip verify"],
  ["another zip", () => fs.writeFileSync(path.join(project, "dist", "web-arm64.zip"), "x"), {}, "is not the zip of dist/manifest.json"],
  ["several handlers", () => zips([zip({ handlers: ["a", "b"] })]), {}, "function web has the handlers a, b; set the property handler"],
  ["an unknown handler", () => zips([zip({ handlers: ["a", "b"] })]), { handler: "c" }, "function web has no handler c; it has a, b"],
])("%s stops the synthesis", (_, spoil, props, message) => {
  spoil();
  expect(() => synth(props)).toThrow(message);
});
