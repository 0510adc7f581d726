package httpevent

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bootzip/bootzip/runtime/typed"
)

// A Response is an HTTP response.
type Response struct {
	StatusCode int      // 0 means 200
	Header     Values   // names in any case
	Cookies    []string // each the value of a Set-Cookie field
	Body       []byte
}

// Text makes a response of plain text.
func Text(status int, body string) *Response {
	return &Response{StatusCode: status, Header: Values{"content-type": {"text/plain; charset=utf-8"}}, Body: []byte(body)}
}

// JSON makes a response from a value, using encoding/json.
func JSON(status int, value any) (*Response, error) {
	body, err := typed.Marshal(value)
	if err != nil {
		return nil, err
	}
	return &Response{StatusCode: status, Header: Values{"content-type": {"application/json"}}, Body: body}, nil
}

// answer has the fields for all senders; fields that a sender does not know are omitted for
// it.
type answer struct {
	StatusCode   int                 `json:"statusCode"`
	Description  string              `json:"statusDescription,omitempty"`
	Headers      map[string]string   `json:"headers,omitempty"`
	MultiHeaders map[string][]string `json:"multiValueHeaders,omitempty"`
	Cookies      []string            `json:"cookies,omitempty"`
	Body         string              `json:"body"`
	IsBase64     bool                `json:"isBase64Encoded"`
}

// Encode encodes a response for the sender of the request. The body is in base64 if it is
// not UTF-8 or has a content encoding. A REST API turns base64 back into bytes only for the
// media types that it is configured to treat as binary.
func (r *Request) Encode(resp *Response) ([]byte, error) {
	if resp == nil {
		resp = &Response{}
	}
	a := answer{StatusCode: resp.status()}
	header, cookies := resp.fields()
	switch {
	case r.Source == RESTAPI || r.Source == LoadBalancer && r.multi:
		if len(cookies) > 0 {
			header["set-cookie"] = cookies
		}
		a.MultiHeaders = header
	default:
		a.Headers = joined(header)
		if r.Source == LoadBalancer {
			// A load balancer takes one value per name, but treats names with different
			// case as different, so several cookies can be sent that way.
			for i, c := range cookies {
				a.Headers[spelling("set-cookie", i)] = c
			}
		} else {
			a.Cookies = cookies
		}
	}
	if r.Source == LoadBalancer {
		a.Description = description(a.StatusCode)
	}
	if utf8.Valid(resp.Body) && len(header["content-encoding"]) == 0 {
		a.Body = string(resp.Body)
	} else {
		a.Body, a.IsBase64 = base64.StdEncoding.EncodeToString(resp.Body), true
	}
	return typed.Marshal(a)
}

func (resp *Response) status() int {
	if resp.StatusCode == 0 {
		return 200
	}
	return resp.StatusCode
}

// fields returns the header with its names in lower case, and the cookies. A line break in a
// value becomes a space, as with net/http.
func (resp *Response) fields() (Values, []string) {
	header := make(Values, len(resp.Header))
	for _, k := range sortedKeys(resp.Header) {
		name := strings.ToLower(k)
		for _, value := range resp.Header[k] {
			header[name] = append(header[name], strings.ReplaceAll(strings.ReplaceAll(value, "\n", " "), "\r", " "))
		}
	}
	cookies := append(append([]string(nil), header["set-cookie"]...), resp.Cookies...)
	delete(header, "set-cookie")
	return header, cookies
}

// joined joins the values of each name into one (RFC 9110, section 5.3).
func joined(v Values) map[string]string {
	m := make(map[string]string, len(v))
	for k, list := range v {
		m[k] = strings.Join(list, ", ")
	}
	return m
}

// spelling returns the i-th way to write a name in upper and lower case.
func spelling(name string, i int) string {
	b := []byte(name)
	for k := range b {
		if b[k] >= 'a' && b[k] <= 'z' {
			if i&1 == 1 {
				b[k] -= 'a' - 'A'
			}
			i >>= 1
		}
	}
	return string(b)
}

// description returns the status with its reason phrase (RFC 9110, section 15), which a
// load balancer requires. net/http has all reason phrases, but adds 1.9 MB.
func description(status int) string {
	reason := ""
	switch status {
	case 200:
		reason = "OK"
	case 201:
		reason = "Created"
	case 204:
		reason = "No Content"
	case 301:
		reason = "Moved Permanently"
	case 302:
		reason = "Found"
	case 304:
		reason = "Not Modified"
	case 400:
		reason = "Bad Request"
	case 401:
		reason = "Unauthorized"
	case 403:
		reason = "Forbidden"
	case 404:
		reason = "Not Found"
	case 500:
		reason = "Internal Server Error"
	default:
		reason = [...]string{"Informational", "Success", "Redirection", "Client Error", "Server Error"}[min(max(status/100, 1), 5)-1]
	}
	return strconv.Itoa(status) + " " + reason
}
