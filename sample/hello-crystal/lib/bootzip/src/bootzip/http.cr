require "base64"
require "uri/params"

module Bootzip
  # An HTTP request, as function URLs, API Gateway (REST and HTTP APIs) and load balancers
  # describe it (AWS Lambda developer guide, "Invoking Lambda function URLs", "Using AWS
  # Lambda with Amazon API Gateway", "Using AWS Lambda with an Application Load Balancer").
  class Request
    getter method : String
    # Without the stage of an API.
    getter path : String
    # Decoded.
    getter query : URI::Params
    # By names in lower case.
    getter headers : Hash(String, Array(String))
    # Decoded where it came in base64; of any bytes.
    getter body : String
    getter source_ip : String?
    # What the event has besides.
    getter event : JSON::Any

    # Raises for an event of another kind.
    def initialize(@event)
      context = @event["requestContext"]?.try(&.as_h?) || raise Exception.new("event is no HTTP request")
      @headers = {} of String => Array(String)
      if http = context["http"]?
        @method = text(http["method"]?)
        @path = text(@event["rawPath"]?)
        @query = URI::Params.parse(text(@event["rawQueryString"]?))
        @source_ip = http["sourceIp"]?.try(&.as_s?)
        # An HTTP API joins values by commas, and has cookies elsewhere.
        each(@event["headers"]?) { |name, value| add(name, value) }
        if cookies = @event["cookies"]?.try(&.as_a?)
          @headers["cookie"] = [cookies.map(&.as_s).join("; ")]
        end
        stage = text(context["stage"]?)
        if stage != "" && stage != "$default" && (@path == "/#{stage}" || @path.starts_with?("/#{stage}/"))
          @path = @path[(stage.size + 1)..]
        end
      else
        @method = text(@event["httpMethod"]?)
        raise Exception.new("event is no HTTP request") if @method.empty?
        @path = text(@event["path"]?)
        balancer = context.has_key?("elb")
        @query = URI::Params.new
        several(@event["multiValueQueryStringParameters"]?, @event["queryStringParameters"]?) do |name, value|
          # A load balancer decodes nothing.
          @query.add(balancer ? URI.decode_www_form(name) : name, balancer ? URI.decode_www_form(value) : value)
        end
        several(@event["multiValueHeaders"]?, @event["headers"]?) { |name, value| add(name, value) }
        @source_ip = context["identity"]?.try(&.["sourceIp"]?).try(&.as_s?)
      end
      @path = "/" if @path.empty?
      @body = text(@event["body"]?)
      @body = Base64.decode_string(@body) if @event["isBase64Encoded"]?.try(&.as_bool?)
    end

    # The first value of a header, whose name may be in any case.
    def header?(name : String) : String?
      @headers[name.downcase]?.try(&.first?)
    end

    # Whether the response says its headers by lists.
    protected def lists? : Bool
      !@event["multiValueHeaders"]?.nil?
    end

    # Whether the response has cookies of its own.
    protected def cookies? : Bool
      !@event["rawPath"]?.nil?
    end

    private def text(value : JSON::Any?) : String
      value.try(&.as_s?) || ""
    end

    private def add(name, value)
      (@headers[name.downcase] ||= [] of String) << value
    end

    private def each(values : JSON::Any?, &)
      values.try(&.as_h?).try(&.each { |name, value| yield name, value.as_s })
    end

    private def several(lists : JSON::Any?, single : JSON::Any?, &)
      if all = lists.try(&.as_h?)
        all.each { |name, values| values.as_a.each { |value| yield name, value.as_s } }
      elsif all = single.try(&.as_h?)
        all.each { |name, value| yield name, value.as_s }
      end
    end
  end

  # An HTTP response.
  class Response
    property status : Int32
    getter headers : Hash(String, String)
    # Each the value of a Set-Cookie field.
    getter cookies = [] of String
    property body : String | Bytes

    def initialize(@status = 200, @body = "", @headers = {} of String => String)
    end

    def self.text(body : String, status = 200) : Response
      new(status, body, {"content-type" => "text/plain; charset=utf-8"})
    end

    def self.json(value, status = 200) : Response
      new(status, value.to_json, {"content-type" => "application/json"})
    end

    # The response in the form that the request's sender reads.
    def for(request : Request) : String
      JSON.build do |json|
        json.object do
          json.field "statusCode", @status
          if request.lists?
            json.field "multiValueHeaders" do
              json.object do
                @headers.each { |name, value| json.field(name, [value]) }
                json.field("set-cookie", @cookies) unless @cookies.empty?
              end
            end
          else
            json.field "headers" do
              json.object do
                @headers.each { |name, value| json.field(name, value) }
                json.field("set-cookie", @cookies.first) unless @cookies.empty? || request.cookies?
              end
            end
            json.field("cookies", @cookies) if request.cookies? && !@cookies.empty?
          end
          body = @body
          if body.is_a?(Bytes) || !body.valid_encoding?
            json.field "body", Base64.strict_encode(body)
            json.field "isBase64Encoded", true
          else
            json.field "body", body
            json.field "isBase64Encoded", false
          end
        end
      end
    end
  end
end
