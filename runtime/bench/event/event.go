// Package event has the types that every typed program of the comparison
// decodes and encodes: a proxy event of API Gateway's REST API, in full. They
// are not those of aws-lambda-go, whose package imports net/http and would
// hide the difference that is measured.
package event

// A Request is a proxy event of a REST API.
type Request struct {
	Resource        string              `json:"resource"`
	Path            string              `json:"path"`
	Method          string              `json:"httpMethod"`
	Headers         map[string]string   `json:"headers"`
	MultiHeaders    map[string][]string `json:"multiValueHeaders"`
	Query           map[string]string   `json:"queryStringParameters"`
	MultiQuery      map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters  map[string]string   `json:"pathParameters"`
	StageVariables  map[string]string   `json:"stageVariables"`
	RequestContext  RequestContext      `json:"requestContext"`
	Body            string              `json:"body"`
	IsBase64Encoded bool                `json:"isBase64Encoded"`
}

// A RequestContext is what API Gateway reports about a request.
type RequestContext struct {
	AccountID    string         `json:"accountId"`
	ResourceID   string         `json:"resourceId"`
	Stage        string         `json:"stage"`
	DomainName   string         `json:"domainName"`
	RequestID    string         `json:"requestId"`
	Protocol     string         `json:"protocol"`
	ResourcePath string         `json:"resourcePath"`
	Path         string         `json:"path"`
	Method       string         `json:"httpMethod"`
	APIID        string         `json:"apiId"`
	Authorizer   map[string]any `json:"authorizer"`
	Identity     struct {
		SourceIP  string `json:"sourceIp"`
		UserAgent string `json:"userAgent"`
		Caller    string `json:"caller"`
		User      string `json:"user"`
	} `json:"identity"`
}

// A Response is the answer.
type Response struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

// Greet answers a request.
func Greet(r Request) Response {
	return Response{StatusCode: 200, Headers: map[string]string{"Content-Type": "text/plain"}, Body: "Hello " + r.Query["hello"]}
}
