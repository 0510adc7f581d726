require "http/server"
require "http/client/response"
require "./bootzip"

# HTTP requests for handlers of Crystal's standard library, and so for the frameworks that
# are made of them, such as Kemal.
#
# ```
# require "bootzip/handler"
#
# Bootzip.http "web", HTTP::Server.build_middleware([HTTP::ErrorHandler.new, Routes.new])
# ```
module Bootzip
  # Names a handler that answers HTTP requests by an HTTP::Handler, as an HTTP::Server would
  # call it, but for a connection: a response cannot be upgraded. What it raises becomes the
  # error of the invocation.
  def self.http(name : String, handler : HTTP::Handler | HTTP::Handler::HandlerProc)
    http(name) { |request, _context| answer(request, handler) }
  end

  # The answer of a handler to a request.
  def self.answer(request : Request, handler : HTTP::Handler | HTTP::Handler::HandlerProc) : Response
    headers = HTTP::Headers.new
    request.headers.each { |name, values| values.each { |value| headers.add(name, value) } }
    resource = request.query.empty? ? request.path : "#{request.path}?#{request.query}"
    written = IO::Memory.new
    response = HTTP::Server::Response.new(written)
    handler.call(HTTP::Server::Context.new(HTTP::Request.new(request.method, resource, headers, request.body), response))
    response.close
    # What a server would send. Handlers may begin again (respond_with_status), or put
    # something in between (compression), so nothing else is the whole of it.
    sent = HTTP::Client::Response.from_io(written.rewind, ignore_body: request.method == "HEAD", decompress: false)
    answer = Response.new(sent.status_code, sent.body)
    sent.headers.each do |name, values|
      case name.downcase
      when "set-cookie"                      then answer.cookies.concat(values)
      when "connection", "transfer-encoding" # of a connection
      else                                        answer.headers[name] = values.join(", ")
      end
    end
    answer
  end
end
