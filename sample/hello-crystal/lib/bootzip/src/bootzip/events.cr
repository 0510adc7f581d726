require "uri"

# Events of services, as far as most functions read them. What is not here is in the JSON,
# which a handler without a type gets.
module Bootzip
  # A notification of S3 (Amazon S3 user guide, "Event message structure").
  struct S3Event
    include JSON::Serializable

    @[JSON::Field(key: "Records")]
    getter records : Array(Record)

    struct Record
      include JSON::Serializable

      @[JSON::Field(key: "eventName")]
      getter event_name : String
      @[JSON::Field(key: "eventTime")]
      getter event_time : Time?
      @[JSON::Field(key: "awsRegion")]
      getter aws_region : String?
      getter s3 : Entity
    end

    struct Entity
      include JSON::Serializable

      getter bucket : Bucket
      getter object : Object
    end

    struct Bucket
      include JSON::Serializable

      getter name : String
    end

    struct Object
      include JSON::Serializable

      # The key as the event has it: encoded as in a query.
      @[JSON::Field(key: "key")]
      getter encoded_key : String
      # In bytes; nil of an object that was removed.
      getter size : Int64?
      @[JSON::Field(key: "eTag")]
      getter etag : String?
      @[JSON::Field(key: "versionId")]
      getter version_id : String?

      # The key as it is in the bucket.
      def key : String
        URI.decode_www_form(@encoded_key)
      end
    end
  end

  # Messages of an SNS topic (Amazon SNS developer guide, "Invoking a Lambda function").
  struct SNSEvent
    include JSON::Serializable

    @[JSON::Field(key: "Records")]
    getter records : Array(Record)

    struct Record
      include JSON::Serializable

      @[JSON::Field(key: "Sns")]
      getter sns : Message
    end

    struct Message
      include JSON::Serializable

      @[JSON::Field(key: "MessageId")]
      getter id : String?
      @[JSON::Field(key: "TopicArn")]
      getter topic_arn : String?
      @[JSON::Field(key: "Subject")]
      getter subject : String?
      @[JSON::Field(key: "Message")]
      getter text : String
      @[JSON::Field(key: "Timestamp")]
      getter timestamp : Time?
    end
  end

  # A scheduled event of EventBridge (EventBridge user guide, "Events").
  struct ScheduledEvent
    include JSON::Serializable

    getter id : String?
    getter time : Time?
    getter resources : Array(String)?
    getter region : String?
    getter account : String?
    @[JSON::Field(key: "detail-type")]
    getter detail_type : String?
    getter detail : JSON::Any?
  end
end
