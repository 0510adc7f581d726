module Bootzip
  # An error with a type of its own, in Lambda's form Category.Reason: such as for a
  # catcher of Step Functions.
  class Error < Exception
    getter type : String

    def initialize(@type, message : String)
      super(message)
    end
  end

  # The part of AWS Lambda's Runtime API, version 2018-06-01, that a function needs
  # ("Using the Lambda runtime API for custom runtimes"). One connection is kept.
  class Runtime
    API = "/2018-06-01/runtime"

    # A handler takes the event's text and gives its answer as JSON.
    alias Handler = Proc(String, Context, String)

    # What reading an event raised, as opposed to what the handler did.
    private class InvalidEvent < Exception
    end

    def initialize(@server : String = ENV["AWS_LAMBDA_RUNTIME_API"]? || "", @name : String = ENV["_HANDLER"]? || "")
      @handlers = {} of String => Handler
      @inits = [] of ->
    end

    def handle(name : String, &block : JSON::Any, Context -> T) forall T
      @handlers[name] = Handler.new do |event, context|
        block.call(read { JSON.parse(event) }, context).to_json
      end
    end

    def handle(name : String, type : E.class, &block : E, Context -> T) forall E, T
      @handlers[name] = Handler.new do |event, context|
        block.call(read { E.from_json(event) }, context).to_json
      end
    end

    def http(name : String, &block : Request, Context -> Response)
      @handlers[name] = Handler.new do |event, context|
        request = read { Request.new(JSON.parse(event)) }
        block.call(request, context).for(request)
      end
    end

    def init(&block : ->)
      @inits << block
    end

    # Answers events with the handler that is chosen, or the only one. Gives the exit status
    # when there is nothing left to do.
    def run : Int32
      api = Connection.new(@server)
      handler = @handlers[@name]? || (@handlers.first_value if @handlers.size == 1 && @name.empty?)
      unless handler
        return failed(api, "Runtime.NoSuchHandler", %(no handler "#{@name}"; this bootstrap has #{@handlers.keys.join(", ")}))
      end
      begin
        @inits.each(&.call)
      rescue ex
        return failed(api, type(ex), ex.message || "")
      end
      loop { answer api, handler }
    rescue ex : Connection::Error | Socket::Error | URI::Error
      STDERR.puts %(bootstrap: runtime API at "#{@server}": #{ex.message})
      1
    end

    # JSON::Any raises an Exception for a value of another kind.
    private def read(&)
      yield
    rescue ex
      raise InvalidEvent.new(ex.message)
    end

    private def failed(api, type, message) : Int32
      STDERR.puts "bootstrap: #{message}"
      post_error api, "#{API}/init/error", type, message
      1
    end

    private def answer(api, handler)
      event = api.send("GET", "#{API}/invocation/next")
      context = Context.new(event.headers)
      raise Connection::Error.new("status #{event.status} instead of an event") if event.status != 200 || context.request_id.empty?
      # nil removes it.
      ENV["_X_AMZN_TRACE_ID"] = context.trace_id
      path = "#{API}/invocation/#{context.request_id}"
      begin
        response = handler.call(event.body, context)
      rescue ex : InvalidEvent
        return post_error api, "#{path}/error", "Runtime.UnmarshalError", "event cannot be read: #{ex.message}"
      rescue ex
        return post_error api, "#{path}/error", type(ex), ex.message || "", ex.backtrace?
      end
      post api, "#{path}/response", {"Content-Type" => "application/json"}, response
    end

    # The type has Lambda's form, Category.Reason.
    private def type(ex) : String
      ex.is_a?(Error) ? ex.type : "Function.#{ex.class.name.gsub("::", "")}"
    end

    private def post_error(api, path, type, message, trace = nil)
      body = {errorMessage: message.scrub, errorType: type, stackTrace: trace || [] of String}.to_json
      post api, path, {"Content-Type" => "application/json", "Lambda-Runtime-Function-Error-Type" => type}, body
    end

    # 4xx, such as 413 for an answer that is too large: Lambda tells the caller, and there
    # will be a next event. After 500 there is none.
    private def post(api, path, headers, body)
      status = api.send("POST", path, headers, body).status
      STDERR.puts "bootstrap: #{path}: status #{status}" unless status == 202
      raise Connection::Error.new("status #{status}") if status >= 500
    end
  end
end
