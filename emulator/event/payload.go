package event

import (
	"cmp"
	"encoding/base64"
	"strings"
)

// version2 makes an event in payload format 2.0. It has the path twice: as rawPath,
// and in the request context.
func (r Request) version2(t Trigger, domain, raw, path string) object {
	account := r.Account
	header := r.header()
	var cookies []string
	for _, line := range header.Values("Cookie") {
		for c := range strings.SplitSeq(line, ";") {
			if c = strings.TrimSpace(c); c != "" {
				cookies = append(cookies, c)
			}
		}
	}
	header.Del("Cookie")
	if t == FunctionURL {
		account = "anonymous" // without IAM
		if len(cookies) > 0 {
			header.Set("Cookie", strings.Join(cookies, "; ")) // both here and in cookies
		}
	}
	e := object{{"version", "2.0"}, {"routeKey", cmp.Or(r.Route, "$default")}, {"rawPath", raw}, {"rawQueryString", r.Query}}
	if len(cookies) > 0 {
		e = append(e, member{"cookies", cookies})
	}
	e = append(e, member{"headers", joined(header, strings.ToLower)})
	if query := r.query(unescaped); len(query) > 0 {
		e = append(e, member{"queryStringParameters", joined(query, same)})
	}
	e = append(e, member{"requestContext", object{
		{"accountId", account},
		{"apiId", r.ID},
		{"domainName", domain},
		{"domainPrefix", r.ID},
		{"http", object{
			{"method", r.Method}, {"path", path}, {"protocol", r.Protocol},
			{"sourceIp", r.SourceIP}, {"userAgent", header.Get("User-Agent")},
		}},
		{"requestId", r.RequestID},
		{"routeKey", cmp.Or(r.Route, "$default")},
		{"stage", r.Stage},
		{"time", r.Time.UTC().Format("02/Jan/2006:15:04:05 -0700")},
		{"timeEpoch", r.Time.UnixMilli()},
	}})
	body, encoded := r.body(t.isText(header))
	if len(r.Body) > 0 {
		e = append(e, member{"body", body})
	}
	if len(r.Parameters) > 0 {
		e = append(e, member{"pathParameters", r.Parameters})
	}
	return append(e, member{"isBase64Encoded", encoded})
}

// version1 makes an event in payload format 1.0, with the path as it was sent.
func (r Request) version1(domain string) object {
	header := r.header()
	agent := header.Get("User-Agent")
	// Without binary media types, a REST API passes bodies on as text.
	body, encoded := r.body(true)
	if r.BinaryTypes != nil && len(r.Body) > 0 {
		body, encoded = strings.ToValidUTF8(string(r.Body), "\uFFFD"), false
		if BinaryType(r.BinaryTypes, cmp.Or(r.Header.Get("Content-Type"), "application/json")) {
			body, encoded = base64.StdEncoding.EncodeToString(r.Body), true
		}
	}
	var text any
	if len(r.Body) > 0 {
		text = body
	}
	header.Del("Content-Length")
	header = r.spelled(header)
	resource, parameters := "/", any(nil)
	if r.Path != "/" {
		resource, parameters = "/{proxy+}", map[string]string{"proxy": strings.TrimSuffix(strings.TrimPrefix(r.Path, "/"), "/")}
	}
	query, queries := any(nil), any(nil)
	if q := r.query(unescaped); len(q) > 0 {
		query, queries = last(q), q
	}
	identity := object{}
	for _, name := range []string{"accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId"} {
		identity = append(identity, member{name, nil})
	}
	identity = append(identity, member{"sourceIp", r.SourceIP}, member{"user", nil}, member{"userAgent", agent}, member{"userArn", nil})
	return object{
		{"resource", resource},
		{"path", r.Path},
		{"httpMethod", r.Method},
		{"headers", last(header)},
		{"multiValueHeaders", header},
		{"queryStringParameters", query},
		{"multiValueQueryStringParameters", queries},
		{"pathParameters", parameters},
		{"stageVariables", nil},
		{"requestContext", object{
			{"resourceId", strings.ToLower(randomUpper(6))},
			{"resourcePath", resource},
			{"httpMethod", r.Method},
			{"extendedRequestId", r.Extended},
			{"requestTime", r.Time.UTC().Format("02/Jan/2006:15:04:05 -0700")},
			{"path", "/" + r.Stage + r.Path},
			{"accountId", r.Account},
			{"protocol", r.Protocol},
			{"stage", r.Stage},
			{"domainPrefix", r.ID},
			{"requestTimeEpoch", r.Time.UnixMilli()},
			{"requestId", r.RequestID},
			{"identity", identity},
			{"domainName", domain},
			{"apiId", r.ID},
		}},
		{"body", text},
		{"isBase64Encoded", encoded},
	}
}

func (r Request) loadBalancer(multi bool) object {
	header := map[string][]string{}
	for k, v := range r.header() {
		header[strings.ToLower(k)] = v
	}
	// A load balancer passes the query on undecoded.
	query := r.query(same)
	partition, _ := Partition(r.Region)
	e := object{
		{"requestContext", object{{"elb", object{{"targetGroupArn",
			"arn:" + partition + ":elasticloadbalancing:" + r.Region + ":" + r.Account + ":targetgroup/example/" + randomHex(16)}}}}},
		{"httpMethod", r.Method},
		{"path", r.Path},
	}
	if multi {
		e = append(e, member{"multiValueQueryStringParameters", query}, member{"multiValueHeaders", header})
	} else {
		e = append(e, member{"queryStringParameters", last(query)}, member{"headers", last(header)})
	}
	body, encoded := r.body(ALB.isText(r.Header))
	return append(e, member{"body", body}, member{"isBase64Encoded", encoded})
}
