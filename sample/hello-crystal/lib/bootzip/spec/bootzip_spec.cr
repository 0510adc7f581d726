require "spec"
require "../src/bootzip"

# What the function posted.
record Said, path : String, headers : Hash(String, String), body : String

# A Runtime API that has some events, and then closes its connection.
class FakeAPI
  getter said = [] of Said
  getter connections = 0
  getter asked = 0

  def initialize(@events : Array(String), @status = 202)
    @server = TCPServer.new("127.0.0.1", 0)
    spawn do
      while client = @server.accept?
        @connections += 1
        serve(client)
      end
    end
  end

  def address : String
    "127.0.0.1:#{@server.local_address.port}"
  end

  def close
    @server.close
  end

  private def serve(client)
    while line = client.gets(chomp: true)
      method, path, _ = line.split(' ')
      headers = {} of String => String
      while (header = client.gets(chomp: true)) && !header.empty?
        name, _, value = header.partition(':')
        headers[name.downcase] = value.strip
      end
      body = client.read_string(headers["content-length"].to_i)
      if method == "GET"
        @asked += 1
        break unless event = @events.shift?
        client << "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-#{@asked}\r\nLambda-Runtime-Deadline-Ms: #{Time.utc.to_unix_ms + 5000}\r\n"
        client << "Lambda-Runtime-Invoked-Function-Arn: arn:x\r\nLambda-Runtime-Trace-Id: Root=1\r\nContent-Length: #{event.bytesize}\r\n\r\n#{event}"
      else
        @said << Said.new(path, headers, body)
        client << "HTTP/1.1 #{@status} X\r\nContent-Length: 0\r\n\r\n"
      end
    end
    client.close
  end
end

# Runs a function on events, and returns what it said and its exit status.
def run(events : Array(String), name = "", status = 202, &) : {FakeAPI, Int32}
  api = FakeAPI.new(events, status)
  runtime = Bootzip::Runtime.new(api.address, name)
  yield runtime
  ended = runtime.run
  api.close
  {api, ended}
end

def last(api) : JSON::Any
  JSON.parse(api.said.last.body)
end

URL = {version: "2.0", rawPath: "/prod/a", rawQueryString: "n=A%26B&n=2", headers: {"X-One" => "1"}, cookies: ["a=1", "b=2"],
       requestContext: {stage: "prod", http: {method: "POST", sourceIp: "192.0.2.1"}}, body: "eA==", isBase64Encoded: true}

describe Bootzip::Runtime do
  it "answers events over one connection" do
    api, status = run([%({"n": 1}), %({"n": 2})]) do |r|
      r.handle("only") { |event, context| {n: event["n"].as_i, id: context.request_id, arn: context.function_arn, left: context.remaining.total_seconds > 4} }
    end
    status.should eq 1 # the connection was closed
    api.said.map(&.path).should eq ["/2018-06-01/runtime/invocation/id-1/response", "/2018-06-01/runtime/invocation/id-2/response"]
    last(api).should eq JSON.parse(%({"n": 2, "id": "id-2", "arn": "arn:x", "left": true}))
    api.connections.should eq 1
    ENV["_X_AMZN_TRACE_ID"].should eq "Root=1"
  end

  it "picks the handler of _HANDLER" do
    api, _ = run(["{}"], "two") do |r|
      r.handle("one") { |_, _| 1 }
      r.handle("two") { |_, _| 2 }
    end
    last(api).should eq 2
  end

  it "reports a handler that is not there" do
    api, status = run([] of String, "three") { |r| r.handle("one") { |_, _| 1 } }
    status.should eq 1
    api.asked.should eq 0
    api.said.last.path.should eq "/2018-06-01/runtime/init/error"
    api.said.last.headers["lambda-runtime-function-error-type"].should eq "Runtime.NoSuchHandler"
  end

  it "reports an initialisation that fails" do
    api, status = run(["{}"]) do |r|
      r.init { raise Bootzip::Error.new("Function.NoTable", "TABLE is not set") }
      r.handle("one") { |_, _| 1 }
    end
    status.should eq 1
    api.said.map(&.path).should eq ["/2018-06-01/runtime/init/error"]
    last(api)["errorType"].should eq "Function.NoTable"
    last(api)["errorMessage"].should eq "TABLE is not set"
  end

  it "reports errors, and goes on" do
    api, _ = run(["{}", "no json", "{}"], "one") do |r|
      r.handle("one") { |_, context| context.request_id == "id-3" ? "ok" : raise ArgumentError.new("broken") }
    end
    api.said.map(&.path.split('/').last).should eq ["error", "error", "response"]
    JSON.parse(api.said[0].body)["errorType"].should eq "Function.ArgumentError"
    JSON.parse(api.said[1].body)["errorType"].should eq "Runtime.UnmarshalError"
  end

  it "goes on after an answer that is too large, and ends after a failure of the API" do
    run(["{}", "{}"], status: 413) { |r| r.handle("one") { |_, _| 1 } }[0].asked.should eq 3
    run(["{}", "{}"], status: 500) { |r| r.handle("one") { |_, _| 1 } }[0].asked.should eq 1
  end

  it "reads typed events" do
    event = %({"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "a+b/%C3%BC.png", "size": 7}}}]})
    api, _ = run([event, %({"Records": 7})]) { |r| r.handle("one", Bootzip::S3Event) { |e, _| e.records.map(&.s3.object.key) } }
    api.said[0].body.should eq %(["a b/ü.png"])
    last(api)["errorType"].should eq "Runtime.UnmarshalError"
    api, _ = run([%({"Records": [{"Sns": {"Message": "hi", "MessageId": "1"}}]})]) { |r| r.handle("one", Bootzip::SNSEvent) { |e, _| e.records[0].sns.text } }
    last(api).should eq "hi"
    api, _ = run([%({"time": "2026-01-02T06:00:00Z", "detail-type": "Scheduled Event", "detail": {}})]) { |r| r.handle("one", Bootzip::ScheduledEvent) { |e, _| e.time.try(&.hour) } }
    last(api).should eq 6
  end
end

describe Bootzip::Request do
  it "reads an event of a function URL or an HTTP API" do
    r = Bootzip::Request.new(JSON.parse(URL.to_json))
    {r.method, r.path, r.query.fetch_all("n"), r.header?("x-ONE"), r.header?("cookie"), r.body, r.source_ip}.should eq(
      {"POST", "/a", ["A&B", "2"], "1", "a=1; b=2", "x", "192.0.2.1"})
  end

  it "reads events of a REST API and a load balancer" do
    rest = Bootzip::Request.new(JSON.parse(%({"httpMethod": "GET", "path": "/a", "multiValueHeaders": {"X": ["1", "2"]}, "multiValueQueryStringParameters": {"n": ["A&B"]}, "requestContext": {"stage": "prod", "identity": {"sourceIp": "192.0.2.1"}}, "body": null})))
    {rest.path, rest.headers["x"], rest.query["n"], rest.body, rest.source_ip}.should eq({"/a", ["1", "2"], "A&B", "", "192.0.2.1"})
    elb = Bootzip::Request.new(JSON.parse(%({"httpMethod": "GET", "path": "/", "headers": {"X": "1"}, "queryStringParameters": {"n": "A%26B"}, "requestContext": {"elb": {}}, "body": "", "isBase64Encoded": false})))
    elb.query["n"].should eq "A&B"
  end

  it "refuses other events" do
    ["{}", "7", %({"Records": []}), %({"requestContext": {}})].each do |event|
      api, _ = run([event]) { |r| r.http("one") { |_, _| Bootzip::Response.text("x") } }
      last(api)["errorType"].should eq "Runtime.UnmarshalError"
    end
  end
end

describe Bootzip::Response do
  it "is what the sender reads" do
    response = Bootzip::Response.text("x", 201)
    response.cookies << "a=1" << "b=2"
    url = JSON.parse(response.for(Bootzip::Request.new(JSON.parse(URL.to_json))))
    {url["statusCode"], url["cookies"], url["isBase64Encoded"], url["body"]}.should eq({201, ["a=1", "b=2"], false, "x"})
    rest = JSON.parse(response.for(Bootzip::Request.new(JSON.parse(%({"httpMethod": "GET", "path": "/", "multiValueHeaders": {}, "requestContext": {}})))))
    rest["multiValueHeaders"]["set-cookie"].should eq ["a=1", "b=2"]
    rest.as_h.has_key?("headers").should be_false
    bytes = JSON.parse(Bootzip::Response.new(body: Bytes[255, 0]).for(Bootzip::Request.new(JSON.parse(URL.to_json))))
    {bytes["body"], bytes["isBase64Encoded"]}.should eq({"/wA=", true})
  end
end
