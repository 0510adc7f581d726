// A function of AWS's Runtime Interface Client for Node.js.
exports.handler = async (event) => {
  switch (event.op) {
    case "error": {
      const error = new Error("no luck");
      error.name = "Luck";
      throw error;
    }
    case "crash":
      process.exit(3);
    case "hang":
      return new Promise((resolve) => setTimeout(resolve, 60_000));
    case "big":
      return "x".repeat(5_000_000);
    default:
      return event;
  }
};

exports.stream = awslambda.streamifyResponse(async (event, out) => {
  out.write("one ");
  await new Promise((resolve) => setTimeout(resolve, 100));
  out.write("two");
  out.end();
});
