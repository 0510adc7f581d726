package main

import (
	"context"

	"github.com/wneessen/go-mail"
)

// An smtpSender sends through a server, such as that of Amazon SES (port 587).
type smtpSender struct {
	host           string
	port           int
	user, password string
	plain          bool // without TLS, for a server on this machine
}

func (s *smtpSender) send(ctx context.Context, m message) error {
	options := []mail.Option{mail.WithPort(s.port), mail.WithTLSPolicy(mail.TLSMandatory)}
	if s.plain {
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.user != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthPlain), mail.WithUsername(s.user), mail.WithPassword(s.password))
	}
	client, err := mail.NewClient(s.host, options...)
	if err != nil {
		return err
	}
	letter := mail.NewMsg()
	if err := letter.From(m.from); err != nil {
		return err
	}
	if err := letter.To(m.to); err != nil {
		return err
	}
	letter.SetMessageIDWithValue(m.id + "@report.invalid")
	letter.SetDate()
	letter.Subject(m.subject)
	letter.SetBodyString(mail.TypeTextPlain, m.text)
	return client.DialAndSendWithContext(ctx, letter)
}
