// Command report is a scheduled job: it checks whether web addresses answer, and sends an
// e-mail about it, once for each event.
//
// Its variables: REPORT_URLS, addresses separated by spaces; REPORT_FROM, REPORT_TO;
// SMTP_ADDRESS (HOST:PORT), SMTP_USER, SMTP_PASSWORD, and SMTP_TLS=none for a server on this
// machine; REPORT_TABLE, a DynamoDB table that remembers events, or without it REPORT_DIR,
// a directory.
package main

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/typed"
)

func main() {
	j := &job{client: &http.Client{Timeout: 10 * time.Second}, now: time.Now}
	runtime.Init(j.init)
	typed.Handle("", j.run)
	runtime.Start()
}

// init reads the variables.
func (j *job) init(ctx context.Context) (err error) {
	if j.urls = strings.Fields(os.Getenv("REPORT_URLS")); len(j.urls) == 0 {
		return errors.New("REPORT_URLS is not set: give it addresses, with spaces between them")
	}
	host, port, err := net.SplitHostPort(os.Getenv("SMTP_ADDRESS"))
	if err != nil {
		return errors.New("SMTP_ADDRESS is not HOST:PORT")
	}
	s := &smtpSender{host: host, user: os.Getenv("SMTP_USER"), password: os.Getenv("SMTP_PASSWORD"), plain: os.Getenv("SMTP_TLS") == "none"}
	if s.port, err = strconv.Atoi(port); err != nil {
		return errors.New("SMTP_ADDRESS is not HOST:PORT")
	}
	j.send, j.from, j.to = s.send, os.Getenv("REPORT_FROM"), os.Getenv("REPORT_TO")
	if j.from == "" || j.to == "" {
		return errors.New("REPORT_FROM and REPORT_TO are not both set")
	}
	table := os.Getenv("REPORT_TABLE")
	if table == "" {
		j.once = dirOnce(cmp.Or(os.Getenv("REPORT_DIR"), "/tmp"))
		return nil
	}
	c, err := config.LoadDefaultConfig(ctx)
	j.once = &tableOnce{client: dynamodb.NewFromConfig(c), table: table, now: j.now}
	return err
}
