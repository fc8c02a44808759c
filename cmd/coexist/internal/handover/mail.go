package handover

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"
)

// mail is a sink that sends each password to a few people. It is readable to whoever can read their mail.
type mail struct {
	mailer Mailer
	from   string
	to     []string

	mu   sync.Mutex
	sent map[string]Entry // by id, without passwords, until they are settled
}

// Put implements Sink: the mail system has taken the mail when it returns.
func (m *mail) Put(ctx context.Context, e Entry) (string, error) {
	id := rand.Text()
	change := ""
	if e.MustChange {
		change = "The first sign-in must change it.\n"
	}
	text := fmt.Sprintf("The account of %s is about to be made.\n\nSign-in name: %s\nPassword: %s\n\n%s"+
		"If several of these come for one account, the last one counts. Pass the password on by another way than mail, then delete this mail.\n\nHand-over %s, %s\n",
		flat(e.Name), flat(e.SignInName), e.Password.Reveal(), change, id, e.Made.UTC().Format(time.RFC3339))
	if err := m.mailer.SendMail(ctx, m.from, m.to, "First password of "+flat(e.SignInName), text); err != nil {
		return "", fmt.Errorf("mail password: %w", err)
	}
	e.Password = (Entry{}).Password
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent[id] = e
	return id, nil
}

// Settle implements Sink: that a password is void is mailed too.
func (m *mail) Settle(ctx context.Context, id string, o Outcome) error {
	if o == Unsure {
		return nil
	}
	m.mu.Lock()
	e, ok := m.sent[id]
	delete(m.sent, id)
	m.mu.Unlock()
	if !ok || o != Void {
		return nil
	}
	text := fmt.Sprintf("The account of %s was not made. The password that was mailed for %s as hand-over %s is void.\n", flat(e.Name), flat(e.SignInName), id)
	if err := m.mailer.SendMail(ctx, m.from, m.to, "Void: first password of "+flat(e.SignInName), text); err != nil {
		return fmt.Errorf("mail that a password is void: %w", err)
	}
	return nil
}

// Close implements Sink.
func (m *mail) Close() error { return nil }

// flat brings a name from the directory to one line.
func flat(s string) string { return strings.Map(printable, s) }
