package client

// RestoreNext reports to the API that the process is ready for a snapshot, and returns when
// it runs again, in each process that is restored (AWS Lambda developer guide, "Using the
// Lambda runtime API for custom runtimes", Restore). It waits without limit. The next call
// makes a new connection, since the other end may have changed. A *StatusError with 404
// means that no snapshot is taken.
func (c *Client) RestoreNext() error {
	b := c.request("GET", "/2018-06-01/runtime/restore/next", "", "")
	b = append(b, "\r\n"...)
	repeated, err := c.exchange(b, nil, &c.answer)
	c.drop()
	if err != nil {
		return err
	}
	// If the connection broke in the snapshot, the request was repeated: 403 means that the
	// first one had arrived.
	if c.resp.Status == 200 || repeated && c.resp.Status == 403 {
		return nil
	}
	return c.status("next restore")
}

// FailRestore reports that the restored process cannot take any event.
func (c *Client) FailRestore(f Failure) error {
	b := c.request("POST", "/2018-06-01/runtime/restore/error", "", "")
	return c.send("restore error", c.failure(field(b, "Content-Type", jsonType), f), f.Body)
}
