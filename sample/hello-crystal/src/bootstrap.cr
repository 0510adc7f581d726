# Lambda functions in Crystal, with the shard bootzip: one bootstrap with several handlers,
# of which _HANDLER names the one to run.
require "bootzip/no_resolver"
require "bootzip"

# Answers an HTTP request (API Gateway, function URL) and greets ?hello=NAME: from the
# event's JSON, as any event can be read.
Bootzip.handle "httpevent" do |event, _context|
  # null, where there are none.
  parameters = event["queryStringParameters"]?.try(&.as_h?)
  user = parameters.try(&.["hello"]?).try(&.as_s) || "World"
  {
    statusCode: 200,
    headers:    {"Content-Type" => "text/plain; charset=utf-8"},
    body:       "Hello #{user} from Crystal",
  }
end

# What is posted to /orders.
struct Order
  include JSON::Serializable

  getter item : String
  getter count : Int32 = 1
end

# The same and more with the shard's requests and responses.
Bootzip.http "api" do |request, context|
  case {request.method, request.path}
  when {"GET", "/"}
    Bootzip::Response.text("Hello #{request.query["hello"]? || "World"} from Crystal\n")
  when {"POST", "/orders"}
    begin
      order = Order.from_json(request.body)
      Bootzip::Response.json({ordered: order.item, count: order.count, within: context.remaining.total_seconds.to_i}, 201)
    rescue ex : JSON::ParseException
      Bootzip::Response.text("the order cannot be read: #{ex.message}\n", 422)
    end
  else
    Bootzip::Response.text("there is no #{request.path}\n", 404)
  end
end

# Called by the clock (EventBridge).
Bootzip.handle "scheduledevent", Bootzip::ScheduledEvent do |event, _context|
  STDERR.puts "scheduled at #{event.time}"
  nil
end

# Called with messages of an SNS topic.
Bootzip.handle "snsevent", Bootzip::SNSEvent do |event, _context|
  event.records.each { |record| STDERR.puts "message: #{record.sns.text}" }
  event.records.size
end

# Called with notifications of S3.
Bootzip.handle "s3event", Bootzip::S3Event do |event, _context|
  event.records.map { |record| "#{record.event_name} #{record.s3.bucket.name}/#{record.s3.object.key}" }
end

Bootzip.start
