package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coexistsync/coexist/cmd/coexist/internal/handover"
	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/secret"
)

// handing is the hand-over of first passwords by one run. Its sink is opened when the first is made, or before.
type handing struct {
	mu   sync.Mutex
	run  string
	sink handover.Sink
	errs []error // what could not be told the sink
}

// firstPassword makes the password that a policy wishes for a new user and hands it over; see graph.Config.Passwords. One
// that is read from a secret is known to those who set the secret, and is not handed over.
func (s *session) firstPassword(ctx context.Context, n graph.Newcomer) (graph.Password, error) {
	invalid := func(err error) error { return &fault.Error{Kind: fault.Invalid, Op: "make password", Err: err} }
	wish, err := cloud.ParsePassword(n.Wish)
	if err != nil {
		return graph.Password{}, invalid(err)
	}
	if wish.Secret != "" {
		text, err := s.cfg.Secret(wish.Secret)
		if err != nil {
			return graph.Password{}, invalid(err)
		}
		return graph.Password{Text: secret.New(text)}, nil
	}
	text, err := secret.Make(rand.Reader, wish, n.Names)
	if err != nil {
		return graph.Password{}, invalid(err)
	}
	sink, err := s.sink()
	if err != nil {
		return graph.Password{}, invalid(err)
	}
	id, err := sink.Put(ctx, handover.Entry{Anchor: string(n.Object.Anchor), SignInName: n.SignInName, Name: n.Object.Name, MustChange: n.MustChange, Password: text, Made: s.now()})
	return graph.Password{Text: text, Settled: func(_ string, err error) { s.settle(sink, id, err) }}, err
}

// settle tells the sink what came of a create. One whose outcome is not known is settled by the journal, once the object was
// looked up.
func (s *session) settle(sink handover.Sink, id string, err error) {
	o := handover.Made
	if err != nil {
		if o = handover.Void; fault.KindOf(err) == fault.Unknown { // which is what no error is, too
			return
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the run may be over
	defer cancel()
	if err := sink.Settle(ctx, id, o); err != nil {
		s.handing.mu.Lock()
		defer s.handing.mu.Unlock()
		s.handing.errs = append(s.handing.errs, err)
	}
}

// sink opens where passwords go, once.
func (s *session) sink() (handover.Sink, error) {
	h := &s.handing
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sink != nil {
		return h.sink, nil
	}
	if s.cfg.Passwords.Sink == "" {
		return nil, errNoSink(s.cfg.Path)
	}
	sink, err := handover.Open(s.cfg.Passwords, h.run, func() (handover.Mailer, error) { return s.targetOf(s.cfg.Tenant.Writing()) })
	if err == nil {
		h.sink = sink
	}
	return sink, err
}

func errNoSink(config string) error {
	return fmt.Errorf("the policies make passwords for new accounts, and %s does not say who gets them; set passwords: there, or nobody would know them", config)
}

// passwordTrouble says what stands in the way of the passwords that the policies wish for, before any is made.
func (s *session) passwordTrouble() error {
	var all []error
	unheard := false
	for _, p := range s.policies.Passwords() {
		if p.Secret == "" {
			unheard = unheard || s.cfg.Passwords.Sink == ""
			continue
		}
		if _, err := s.cfg.Secret(p.Secret); err != nil {
			all = append(all, fmt.Errorf("the policies give new accounts the password in secret %s: %w", p.Secret, err))
		}
	}
	if unheard {
		all = append(all, errNoSink(s.cfg.Path))
	}
	return errors.Join(all...)
}

// sayPasswords says while planning what apply will refuse, and that mail can be read on its way.
func (s *session) sayPasswords() {
	if err := s.passwordTrouble(); err != nil {
		for _, l := range messages(err) {
			s.say("warning: %s; apply refuses plans that need it", report.Safe(l))
		}
	}
	if s.cfg.Passwords.Sink == handover.MailSink {
		s.say("warning: first passwords are mailed, readable to whoever can read the recipients' mail; a sink that encrypts is safer")
	}
}

// preparePasswords refuses a plan that needs passwords which could not be made or handed over, and opens the sink for one
// that can be, so that a full disk or a missing folder is found before the first write.
func (e *errand) preparePasswords(f *plan.File) error {
	e.handing.mu.Lock()
	e.handing.run = e.run
	e.handing.mu.Unlock()
	if len(e.policies.Passwords()) == 0 {
		return nil
	}
	for c, err := range f.ChangesOf(func(a plan.Action) bool { return a == plan.Create }) {
		if err != nil {
			return err
		}
		for _, a := range c.Attributes {
			if a.Name != "password" || a.After.IsNothing() {
				continue
			}
			ready, err := e.preparePassword(a.After.Text())
			if err != nil || ready {
				return err
			}
		}
	}
	return nil
}

// preparePassword is preparePasswords for one wish; ready says that no other needs to be looked at: the sink is open, and
// what the policies name is there.
func (e *errand) preparePassword(text string) (ready bool, err error) {
	wish, err := cloud.ParsePassword(text)
	if err != nil {
		return false, err
	}
	if wish.Secret != "" {
		_, err := e.cfg.Secret(wish.Secret)
		return false, mark(errConfig, err)
	}
	if err := e.passwordTrouble(); err != nil {
		return false, mark(errConfig, fmt.Errorf("plan refused: %w", err))
	}
	if _, err := e.sink(); err != nil {
		return false, mark(errRefused, fmt.Errorf("plan refused: passwords could not be handed over: %w", err))
	}
	return true, nil
}

// concludePasswords ends the hand-over of a run: what is unsure is settled by the journal, and people are told where the
// passwords are.
func (s *session) concludePasswords(ctx context.Context, run string) {
	s.handing.mu.Lock()
	sink, errs := s.handing.sink, s.handing.errs
	s.handing.sink, s.handing.errs = nil, nil
	s.handing.mu.Unlock()
	if sink == nil {
		return
	}
	if f, ok := sink.(*handover.File); ok {
		outcomes, err := s.outcomes(ctx, run)
		if err == nil {
			err = f.Conclude(func(anchor string) handover.Outcome { return outcomes[anchor] })
		}
		errs = append(errs, err)
		if n := f.Handed(); n > 0 {
			s.say("%s in %s; coexist passwords reveal shows them to whoever has the key", counted(n, "first password is", "first passwords are"), report.Safe(f.Path()))
		}
	}
	if err := errors.Join(append(errs, sink.Close())...); err != nil {
		s.say("warning: %s; passwords of accounts that were not made may not be marked void", report.Safe(err.Error()))
	}
}

// outcomes tells by anchor what the journal knows of accounts that a run was to make. What is not known is missing.
func (s *session) outcomes(ctx context.Context, run string) (map[string]handover.Outcome, error) {
	out := map[string]handover.Outcome{}
	for e, err := range s.store.Entries(ctx, run) {
		if err != nil {
			return nil, err
		}
		switch {
		case e.Action != plan.Create:
		case e.State.Succeeded(), e.State == journal.Exported:
			out[string(e.Anchor)] = handover.Made
		case e.State == journal.Failed:
			out[string(e.Anchor)] = handover.Void
		}
	}
	return out, nil
}
