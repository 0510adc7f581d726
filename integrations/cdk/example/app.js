const { App, Duration, Stack } = require("aws-cdk-lib");
const { FunctionUrlAuthType } = require("aws-cdk-lib/aws-lambda");
const { BootzipFunction } = require("bootzip-cdk");

const stack = new Stack(new App(), "Hello");

const hello = new BootzipFunction(stack, "Hello", {
  function: "hello", // in bootzip.yaml
  project: "../../..", // the directory of bootzip.yaml
  handler: "httpevent",
  memorySize: 128,
  timeout: Duration.seconds(10),
});
hello.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }); // anyone may call it
