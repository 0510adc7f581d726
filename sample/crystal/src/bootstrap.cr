# Functions in Crystal, with the shard bootzip: HTTP with a parameter and a posted form of
# JSON, notifications of S3, messages of SNS, a schedule.
require "bootzip/no_resolver"
require "bootzip"

# What is posted to /orders.
struct Order
  include JSON::Serializable

  getter item : String
  getter count : Int32 = 1
end

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

Bootzip.handle "s3", Bootzip::S3Event do |event, _context|
  event.records.map { |record| "#{record.event_name} #{record.s3.bucket.name}/#{record.s3.object.key}" }
end

Bootzip.handle "sns", Bootzip::SNSEvent do |event, _context|
  event.records.each { |record| STDERR.puts "message: #{record.sns.text}" }
  event.records.size
end

Bootzip.handle "schedule", Bootzip::ScheduledEvent do |event, _context|
  STDERR.puts "scheduled at #{event.time}"
  nil
end

Bootzip.start
