# AWS Lambda functions in Crystal, on the OS-only runtime provided.al2023.
#
# ```
# require "bootzip"
#
# Bootzip.http "api" do |request, context|
#   Bootzip::Response.text("Hello #{request.query["name"]?}")
# end
#
# Bootzip.handle "upload", Bootzip::S3Event do |event, context|
#   event.records.map(&.s3.object.key)
# end
#
# Bootzip.start
# ```
#
# Lambda's setting "Handler", the variable `_HANDLER`, picks one of the names. A program
# that resolves no names requires "bootzip/no_resolver" first, and then has nothing of
# glibc's resolver in it, which a static program must not use.
module Bootzip
  RUNTIME = Runtime.new

  # Names a handler that takes any event. What it returns is the answer, as JSON; what it
  # raises becomes the error of the invocation.
  def self.handle(name : String, &block : JSON::Any, Context -> T) forall T
    RUNTIME.handle(name, &block)
  end

  # Names a handler that takes events of one type: of a class that includes
  # JSON::Serializable, such as S3Event.
  def self.handle(name : String, type : E.class, &block : E, Context -> T) forall E, T
    RUNTIME.handle(name, type, &block)
  end

  # Names a handler that answers HTTP requests, of function URLs, API Gateway and load
  # balancers.
  def self.http(name : String, &block : Request, Context -> Response)
    RUNTIME.http(name, &block)
  end

  # Runs before the first event. What it raises ends the function, and Lambda is told why.
  def self.init(&block : ->)
    RUNTIME.init(&block)
  end

  # Answers events for as long as the process lives, and ends it.
  def self.start : NoReturn
    exit RUNTIME.run
  end
end

require "json"
require "./bootzip/*"
