package client

import "github.com/bootzip/bootzip/runtime/internal/http1"

// Extension registers an internal extension for no events, and returns its identifier.
// If an extension is registered, Lambda sends SIGTERM before it ends the process (AWS
// Lambda developer guide, "Using the Lambda Extensions API to create extensions").
func (c *Client) Extension(name string) (id string, err error) {
	b := c.request("POST", "/2020-01-01/extension/register", "", "")
	b = field(b, "Content-Type", "application/json")
	b = field(b, "Lambda-Extension-Name", name)
	if err := c.send("registration of the extension", b, []byte(`{"events":[]}`)); err != nil {
		return "", err
	}
	for i := range c.resp.Fields() {
		if k, v := c.resp.Field(i); http1.EqualFold(k, "lambda-extension-identifier") {
			return string(v), nil
		}
	}
	return "", &StatusError{Op: "registration of the extension", Status: c.resp.Status, Body: "without an identifier"}
}

// ExtensionNext reports to the API that the extension is ready. It returns when the API
// ends, since the extension is registered for no events.
func (c *Client) ExtensionNext(id string) error {
	b := c.request("GET", "/2020-01-01/extension/event/next", "", "")
	b = field(b, "Lambda-Extension-Identifier", id)
	b = append(b, "\r\n"...)
	conn, _, err := c.connect()
	if err != nil {
		return err
	}
	defer c.drop()
	return c.once(conn, b, nil, &c.answer)
}
