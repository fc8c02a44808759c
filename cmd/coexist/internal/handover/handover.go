// Package handover gives the first passwords of new accounts to the people who hand them on, through a sink: a file in which
// each password is encrypted by itself, to age keys, to X.509 certificates or to a Windows account, or mail to a few
// recipients.
//
// A password is handed over before the request that makes its account is sent, so that a crash loses none. What came of the
// account is told afterwards: a password of an account that was not made is marked void. Passwords appear in no error.
//
// docs/secrets.md describes the file, and how to read it without coexist.
package handover

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/coexistsync/coexist/engine/secret"
)

// Entry is one password on its way.
type Entry struct {
	Anchor     string // of the source object
	SignInName string
	Name       string // for people
	MustChange bool   // the first sign-in must change it
	Password   secret.Text
	Made       time.Time
}

// Outcome is what became of the account that a password is for.
type Outcome string

// The outcomes. Unsure is also that of a password about which nobody told anything, because the process ended before.
const (
	Unsure Outcome = "unsure" // the account may exist or not
	Made   Outcome = "made"   // the account exists and has this password
	Void   Outcome = "void"   // no account has this password
)

// Sink takes passwords. Several goroutines may use one.
type Sink interface {
	// Put hands a password over and gives it an id. Once it returns nil, the password outlives a crash or a power cut.
	Put(ctx context.Context, e Entry) (id string, err error)
	// Settle tells what became of the account.
	Settle(ctx context.Context, id string, o Outcome) error
	// Close ends the hand-over.
	Close() error
}

// The sinks.
const (
	AgeSink         = "age"         // a file, encrypted to age keys
	CertificateSink = "certificate" // a file, encrypted to X.509 certificates
	DPAPISink       = "dpapi"       // a file, encrypted by Windows for one account or one machine
	MailSink        = "mail"        // mail through Graph, readable on its way
)

// Sinks lists the sinks.
func Sinks() []string { return []string{AgeSink, CertificateSink, DPAPISink, MailSink} }

// Settings say where passwords go.
type Settings struct {
	Sink    string   // one of Sinks; "" for none
	To      []string // age keys, paths of certificates or mail addresses
	Folder  string   // of the files, one for each run
	From    string   // mailbox that sends mail
	Machine bool     // DPAPI: any account of this machine may read, instead of this account alone
}

// MaxMailRecipients is how many people a password is mailed to at most.
const MaxMailRecipients = 5

// Mailer sends a mail of plain text. It returns once the mail system answers for it.
type Mailer interface {
	SendMail(ctx context.Context, from string, to []string, subject, text string) error
}

// Open opens the sink for a run. mailer is asked for by a sink that mails, and may be nil for others. An error means that
// passwords could not be handed over, and none should be made.
func Open(s Settings, run string, mailer func() (Mailer, error)) (Sink, error) {
	if s.Sink == MailSink {
		m, err := mailer()
		if err != nil {
			return nil, err
		}
		return &mail{mailer: m, from: s.From, to: s.To, sent: map[string]Entry{}}, nil
	}
	seal, err := s.sealer()
	if err != nil {
		return nil, fmt.Errorf("open sink for passwords: %w", err)
	}
	if run == "" || run != filepath.Base(run) || strings.HasPrefix(run, ".") {
		return nil, errors.New("open sink for passwords: the run has no name that a file can have")
	}
	return openFile(filepath.Join(s.Folder, run+Extension), seal)
}

// Check says what is wrong with settings on this machine, without writing anything.
func (s Settings) Check() error {
	if s.Sink == "" || s.Sink == MailSink {
		return nil
	}
	_, err := s.sealer()
	return err
}

// sealer gives what encrypts an entry.
func (s Settings) sealer() (sealer, error) {
	switch s.Sink {
	case AgeSink:
		return newAgeSealer(s.To)
	case CertificateSink:
		return newCertificateSealer(s.To)
	case DPAPISink:
		return newDPAPISealer(s.Machine)
	}
	return nil, fmt.Errorf("there is no sink %q", s.Sink)
}

// sealer encrypts one entry into a block of text: lines from -----BEGIN to -----END.
type sealer interface {
	seal(plain []byte) ([]byte, error)
	who() []string // who can read it, for people
}
