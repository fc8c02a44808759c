package handover

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// post keeps mails.
type post struct {
	mu    sync.Mutex
	mails []string
	err   error
}

func (p *post) SendMail(_ context.Context, from string, to []string, subject, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.mails = append(p.mails, from+" "+fmt.Sprint(to)+" "+subject+"\n"+text)
	return nil
}

func TestMail(t *testing.T) {
	p := &post{}
	s, err := Open(Settings{Sink: MailSink, From: "sync@contoso.example", To: []string{"desk@contoso.example"}}, "run1", func() (Mailer, error) { return p, nil })
	if err != nil {
		t.Fatal(err)
	}
	e := entry(1)
	e.Name = "Eve\r\nBcc: all@contoso.example"
	a, err := s.Put(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	b := put(t, s, 2)
	for id, o := range map[string]Outcome{a: Void, b: Made} {
		if err := s.Settle(t.Context(), id, o); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.mails) != 3 || !strings.Contains(p.mails[0], canary+"1") || strings.Contains(p.mails[0], "\nBcc") || !strings.Contains(p.mails[2], "is void") || strings.Contains(p.mails[2], canary) {
		t.Errorf("mails:\n%s", strings.Join(p.mails, "\n--\n"))
	}
	p.err = errors.New("mailbox full")
	if _, err := s.Put(t.Context(), entry(3)); !errors.Is(err, p.err) || strings.Contains(err.Error(), "Canary") {
		t.Errorf("error %v", err)
	}
}
