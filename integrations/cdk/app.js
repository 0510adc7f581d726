// bootzip verify && npx cdk deploy
const { App, Duration, Stack } = require("aws-cdk-lib");
const { Architecture, Code, Function, FunctionUrlAuthType, Runtime } = require("aws-cdk-lib/aws-lambda");

const stack = new Stack(new App(), "Hello");

const hello = new Function(stack, "hello", {
  runtime: Runtime.PROVIDED_AL2023,
  architecture: Architecture.ARM_64,
  // CDK names the asset by the zip's SHA-256, which is the same on every machine.
  code: Code.fromAsset("../../dist/hello-arm64.zip"),
  handler: "httpevent",
  memorySize: 128,
  timeout: Duration.seconds(10),
});
hello.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }); // anybody may call it
