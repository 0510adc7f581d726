module Bootzip
  # What Lambda says of an invocation (AWS Lambda developer guide, "Using the Lambda runtime
  # API for custom runtimes", Next invocation).
  struct Context
    getter request_id : String
    getter function_arn : String
    getter trace_id : String?
    # When Lambda ends the invocation.
    getter deadline : Time

    def initialize(headers : Hash(String, String))
      @request_id = headers["lambda-runtime-aws-request-id"]? || ""
      @function_arn = headers["lambda-runtime-invoked-function-arn"]? || ""
      @trace_id = headers["lambda-runtime-trace-id"]?
      @deadline = Time.unix_ms(headers["lambda-runtime-deadline-ms"]?.try(&.to_i64?) || 0_i64)
    end

    # What is left of the time.
    def remaining : Time::Span
      @deadline - Time.utc
    end
  end
end
