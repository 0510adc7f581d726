package event

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Partition returns the partition of a region in ARNs, and the domain of its services (AWS
// general reference, "AWS service endpoints"; "Amazon Resource Names (ARNs)" of AWS China).
func Partition(region string) (id, domain string) {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn", "amazonaws.com.cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov", "amazonaws.com"
	}
	return "aws", "amazonaws.com"
}

func (o Options) arn(service, resource string) string {
	partition, _ := Partition(o.Region)
	return "arn:" + partition + ":" + service + ":" + o.Region + ":" + o.Account + ":" + resource
}

// global returns an ARN without a region; account may be empty.
func (o Options) global(service, account, resource string) string {
	partition, _ := Partition(o.Region)
	return "arn:" + partition + ":" + service + "::" + account + ":" + resource
}

func records(record object) object {
	return object{{"Records", []object{record}}}
}

func md5Of(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func s3(o Options) (any, error) {
	content := cmp.Or(o.Body, "example content")
	return records(object{
		{"eventVersion", "2.1"},
		{"eventSource", "aws:s3"},
		{"awsRegion", o.Region},
		{"eventTime", millis(o.Time)},
		{"eventName", "ObjectCreated:Put"},
		{"userIdentity", object{{"principalId", "AWS:AIDA" + randomUpper(17)}}},
		{"requestParameters", object{{"sourceIPAddress", "203.0.113.7"}}},
		{"responseElements", object{{"x-amz-request-id", randomUpper(16)}, {"x-amz-id-2", randomBase64(57)}}},
		{"s3", object{
			{"s3SchemaVersion", "1.0"},
			{"configurationId", uuid()},
			{"bucket", object{
				{"name", o.Bucket},
				{"ownerIdentity", object{{"principalId", "A" + randomUpper(13)}}},
				{"arn", o.global("s3", "", o.Bucket)},
			}},
			{"object", object{
				// Keys are form-encoded: a space is a plus.
				{"key", strings.ReplaceAll(url.QueryEscape(o.Key), "%2F", "/")},
				{"size", len(content)},
				{"eTag", md5Of(content)},
				{"sequencer", "00" + strings.ToUpper(randomHex(16))},
			}},
		}},
	}), nil
}

func sns(o Options) (any, error) {
	_, domain := Partition(o.Region)
	topic := o.arn("sns", cmp.Or(o.Resource, "example-topic"))
	return records(object{
		{"EventSource", "aws:sns"},
		{"EventVersion", "1.0"},
		{"EventSubscriptionArn", topic + ":" + uuid()},
		{"Sns", object{
			{"Type", "Notification"},
			{"MessageId", uuid()},
			{"TopicArn", topic},
			{"Subject", "example subject"},
			{"Message", cmp.Or(o.Body, "example message")},
			{"Timestamp", millis(o.Time)},
			{"SignatureVersion", "1"},
			{"Signature", randomBase64(256)},
			{"SigningCertUrl", "https://sns." + o.Region + "." + domain + "/SimpleNotificationService-" + randomHex(32) + ".pem"},
			{"UnsubscribeUrl", "https://sns." + o.Region + "." + domain + "/?Action=Unsubscribe&SubscriptionArn=" + topic + ":" + uuid()},
			{"MessageAttributes", object{{"example", object{{"Type", "String"}, {"Value", "value"}}}}},
		}},
	}), nil
}

func sqs(o Options) (any, error) {
	body := cmp.Or(o.Body, "example message")
	sent := strconv.FormatInt(o.Time.UnixMilli(), 10)
	queue := cmp.Or(o.Resource, "example-queue")
	attributes := object{
		{"ApproximateReceiveCount", "1"},
		{"SentTimestamp", sent},
		{"SenderId", "AIDA" + randomUpper(17)},
		{"ApproximateFirstReceiveTimestamp", strconv.FormatInt(o.Time.UnixMilli()+12, 10)},
	}
	if strings.HasSuffix(queue, ".fifo") {
		sum := sha256.Sum256([]byte(body)) // the deduplication id, as for content-based deduplication
		attributes = append(attributes, member{"SequenceNumber", "188" + randomDigits(17)}, member{"MessageGroupId", "example-group"}, member{"MessageDeduplicationId", hex.EncodeToString(sum[:])})
	}
	return records(object{
		{"messageId", uuid()},
		{"receiptHandle", randomBase64(132)},
		{"body", body},
		{"attributes", attributes},
		{"messageAttributes", object{}},
		{"md5OfBody", md5Of(body)},
		{"eventSource", "aws:sqs"},
		{"eventSourceARN", o.arn("sqs", queue)},
		{"awsRegion", o.Region},
	}), nil
}

// detail returns the body if it is a JSON object, and otherwise an object with it.
func detail(body, fallback string) any {
	body = cmp.Or(body, fallback)
	if strings.HasPrefix(strings.TrimSpace(body), "{") && json.Valid([]byte(body)) {
		return json.RawMessage(body)
	}
	return object{{"message", body}}
}

// onBus is an event on an EventBridge bus.
func (o Options) onBus(kind, source string, resources []string, detail any) object {
	return object{
		{"version", "0"},
		{"id", uuid()},
		{"detail-type", kind},
		{"source", source},
		{"account", o.Account},
		{"time", o.Time.Format(time.RFC3339)},
		{"region", o.Region},
		{"resources", resources},
		{"detail", detail},
	}
}

func eventBridge(o Options) (any, error) {
	order := detail(o.Body, `{"order":"A-1001","total":42.5,"currency":"EUR"}`)
	return o.onBus(cmp.Or(o.Resource, "Order Placed"), "com.example.shop", []string{}, order), nil
}

func schedule(o Options) (any, error) {
	rule := o.arn("events", "rule/"+cmp.Or(o.Resource, "example-rule"))
	return o.onBus("Scheduled Event", "aws.events", []string{rule}, object{}), nil
}

func dynamoDB(o Options) (any, error) {
	keys := object{{"Id", object{{"N", "101"}}}}
	table := o.arn("dynamodb", "table/"+cmp.Or(o.Resource, "example-table"))
	return records(object{
		{"eventID", randomHex(32)},
		{"eventName", "MODIFY"},
		{"eventVersion", "1.1"},
		{"eventSource", "aws:dynamodb"},
		{"awsRegion", o.Region},
		{"dynamodb", object{
			{"ApproximateCreationDateTime", o.Time.Unix()},
			{"Keys", keys},
			{"NewImage", object{{"Message", object{{"S", cmp.Or(o.Body, "new text")}}}, keys[0]}},
			{"OldImage", object{{"Message", object{{"S", "old text"}}}, keys[0]}},
			{"SequenceNumber", randomDigits(24)},
			{"SizeBytes", 59},
			{"StreamViewType", "NEW_AND_OLD_IMAGES"},
		}},
		{"eventSourceARN", table + "/stream/" + o.Time.Format("2006-01-02T15:04:05.000")},
	}), nil
}

func kinesis(o Options) (any, error) {
	number := "4959" + randomDigits(52)
	return records(object{
		{"kinesis", object{
			{"kinesisSchemaVersion", "1.0"},
			{"partitionKey", "partition-1"},
			{"sequenceNumber", number},
			{"data", base64.StdEncoding.EncodeToString([]byte(cmp.Or(o.Body, "example record")))},
			{"approximateArrivalTimestamp", json.Number(strconv.FormatFloat(float64(o.Time.UnixMilli())/1000, 'f', 3, 64))},
		}},
		{"eventSource", "aws:kinesis"},
		{"eventVersion", "1.0"},
		{"eventID", "shardId-000000000006:" + number},
		{"eventName", "aws:kinesis:record"},
		{"invokeIdentityArn", o.global("iam", o.Account, "role/lambda-role")},
		{"awsRegion", o.Region},
		{"eventSourceARN", o.arn("kinesis", "stream/"+cmp.Or(o.Resource, "example-stream"))},
	}), nil
}

func cognito(o Options) (any, error) {
	return object{
		{"version", "1"},
		{"triggerSource", "PreSignUp_SignUp"},
		{"region", o.Region},
		{"userPoolId", cmp.Or(o.Resource, o.Region+"_"+randomUpper(9))},
		{"userName", uuid()},
		{"callerContext", object{{"awsSdkVersion", "aws-sdk-unknown-unknown"}, {"clientId", strings.ToLower(randomUpper(26))}}},
		{"request", object{
			{"userAttributes", object{{"email", cmp.Or(o.Body, "ada@example.com")}}},
			{"validationData", nil},
		}},
		{"response", object{{"autoConfirmUser", false}, {"autoVerifyEmail", false}, {"autoVerifyPhone", false}}},
	}, nil
}
