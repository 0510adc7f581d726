require "json"
require "./connection"

# The part of AWS Lambda's Runtime API, version 2018-06-01, that a function
# needs ("Using the Lambda runtime API for custom runtimes").
class Runtime
  # A handler takes the event and gives its answer as JSON text.
  alias Handler = Proc(JSON::Any, String)

  API = "/2018-06-01/runtime"

  def initialize
    @handlers = {} of String => Handler
  end

  # Names a handler. What it raises becomes the error of its invocation.
  def handle(name : String, &handler : Handler)
    @handlers[name] = handler
  end

  # Answers events with the handler that _HANDLER names for as long as the
  # process lives. Gives the exit status when there is nothing left to do.
  def run : Int32
    server = ENV["AWS_LAMBDA_RUNTIME_API"]? || ""
    api = Connection.new(server)
    name = ENV["_HANDLER"]? || ""
    unless handler = @handlers[name]?
      message = %(no handler "#{name}"; this bootstrap has #{@handlers.keys.join(", ")})
      STDERR.puts "bootstrap: #{message}"
      post_error api, "#{API}/init/error", "Runtime.NoSuchHandler", message
      return 1
    end
    loop { answer api, handler }
  rescue ex : Connection::Error | Socket::Error | URI::Error
    STDERR.puts %(bootstrap: runtime API at "#{server}": #{ex.message})
    1
  end

  private def answer(api, handler)
    event = api.send("GET", "#{API}/invocation/next")
    id = event.headers["lambda-runtime-aws-request-id"]?
    raise Connection::Error.new("status #{event.status} instead of an event") unless id && event.status == 200
    # nil removes it.
    ENV["_X_AMZN_TRACE_ID"] = event.headers["lambda-runtime-trace-id"]?

    path = "#{API}/invocation/#{id}"
    begin
      response = handler.call(JSON.parse(event.body))
    rescue ex : JSON::ParseException
      return post_error api, "#{path}/error", "Function.InvalidEvent", "event is not JSON: #{ex.message}"
    rescue ex
      return post_error api, "#{path}/error", "Function.#{ex.class.name.gsub("::", "")}", ex.message || ""
    end
    post api, "#{path}/response", {"Content-Type" => "application/json"}, response
  end

  # Reports a failure. The type has Lambda's form, Category.Reason.
  private def post_error(api, path, type, message)
    body = {errorMessage: message.scrub, errorType: type, stackTrace: [] of String}.to_json
    post api, path, {"Content-Type" => "application/json", "Lambda-Runtime-Function-Error-Type" => type}, body
  end

  # 4xx, such as 413 for an answer that is too large: Lambda tells the caller,
  # and there will be a next event. After 500 there is none.
  private def post(api, path, headers, body)
    status = api.send("POST", path, headers, body).status
    STDERR.puts "bootstrap: #{path}: status #{status}" unless status == 202
    raise Connection::Error.new("status #{status}") if status >= 500
  end
end
