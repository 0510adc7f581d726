require "spec"
require "../src/handler"

# A request as an HTTP API sends it.
def requested(method : String, path : String, query = "", body = "", headers = {} of String => String) : Bootzip::Request
  Bootzip::Request.new(JSON.parse({
    rawPath: path, rawQueryString: query, headers: headers, body: body, isBase64Encoded: false,
    requestContext: {stage: "$default", http: {method: method, sourceIp: "192.0.2.1"}},
  }.to_json))
end

describe "Bootzip.answer" do
  it "gives a handler the request, and returns its response" do
    answer = Bootzip.answer(requested("POST", "/a%20b", "x=1&y=%26", "text", {"x-name" => "Ada"}), HTTP::Handler::HandlerProc.new do |context|
      request = context.request
      context.response.status_code = 201
      context.response.content_type = "text/plain"
      context.response.headers.add("X-Two", "1")
      context.response.headers.add("X-Two", "2")
      context.response.cookies << HTTP::Cookie.new("id", "7", http_only: true)
      context.response << request.method << ' ' << request.path << ' ' << request.query_params["y"] << ' '
      context.response << request.headers["X-Name"] << ' ' << request.body.try(&.gets_to_end)
    end)
    answer.status.should eq 201
    answer.body.should eq "POST /a%20b & Ada text"
    answer.headers["Content-Type"].should eq "text/plain"
    answer.headers["X-Two"].should eq "1, 2"
    answer.cookies.should eq ["id=7; HttpOnly"]
  end

  it "goes through a chain" do
    text = "0123456789" * 1000
    last = HTTP::Handler::HandlerProc.new do |context|
      raise "broken" if context.request.path == "/broken"
      context.response.print text
    end
    chain = HTTP::Server.build_middleware([HTTP::ErrorHandler.new, HTTP::CompressHandler.new], last)
    answer = Bootzip.answer(requested("GET", "/", headers: {"accept-encoding" => "gzip"}), chain)
    answer.headers["Content-Encoding"].should eq "gzip"
    Compress::Gzip::Reader.open(IO::Memory.new(answer.body.to_slice), &.gets_to_end).should eq text
    Bootzip.answer(requested("GET", "/"), chain).body.should eq text
    broken = Bootzip.answer(requested("GET", "/broken"), chain)
    broken.status.should eq 500
    broken.body.should eq "500 Internal Server Error\n"
  end

  it "raises what a handler raises" do
    expect_raises(Exception, "broken") do
      Bootzip.answer(requested("GET", "/"), HTTP::Handler::HandlerProc.new { |_| raise "broken" })
    end
  end
end
