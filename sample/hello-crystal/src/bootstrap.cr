# A Lambda function in Crystal: one bootstrap with several handlers, of which
# _HANDLER names the one to run.
require "./no_resolver"
require "./runtime"

runtime = Runtime.new

# Answers an HTTP request (API Gateway, function URL) and greets ?hello=NAME.
runtime.handle "httpevent" do |event|
  parameters = event.as_h["queryStringParameters"]?
  # null, where there are none.
  parameters = nil if parameters && parameters.raw.nil?
  user = parameters.try(&.as_h["hello"]?.try(&.as_s)) || "World"
  {
    statusCode: 200,
    headers:    {"Content-Type" => "text/plain; charset=utf-8"},
    body:       "Hello #{user} from Crystal",
  }.to_json
end

# Called by the clock (EventBridge).
runtime.handle "scheduledevent" do |event|
  STDERR.puts "scheduled event: #{event.to_json}"
  "{}"
end

# Called with messages of an SNS topic.
runtime.handle "snsevent" do |event|
  STDERR.puts "SNS event: #{event.to_json}"
  "{}"
end

exit runtime.run
