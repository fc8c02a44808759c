package graph

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/secret"
)

// Password is what a new user signs in with first.
type Password struct {
	Text secret.Text `json:"text"` // shown by nothing
	// Settled is told what came of the create: the id, or the error after which the user may or may not exist. It may be nil.
	Settled func(id string, err error) `json:"-"`
}

// Newcomer is a user about to be created whose policy says how the first password comes about.
type Newcomer struct {
	Object     plan.Object
	SignInName string   // userPrincipalName
	Wish       string   // as cloud.Password writes it
	MustChange bool     // the first sign-in must change it
	Names      []string // what the password must not hold, in any case
}

// The properties that together make passwordProfile; they are set when a user is made and never again.
const (
	passwordName   = "password"
	mustChangeName = "mustChange"
)

// profile gives the new user's passwordProfile, and who is to be told what came of it. Without a wish of the policy's the
// password is one that nobody knows; with one, Config.Passwords makes it and hands it over. Its first use must change it
// unless the policy says otherwise. No error holds a password.
func (w *writer) profile(ctx context.Context) (entityMap, func(string, error), error) {
	n := w.newcomer()
	password, err := w.firstPassword(ctx, n)
	if err != nil {
		var own *fault.Error
		if !errors.As(err, &own) {
			err = &fault.Error{Kind: fault.Transient, Op: w.op, Err: err}
		}
		return nil, nil, err
	}
	return entityMap{"forceChangePasswordNextSignIn": n.MustChange, "password": password.Text.Reveal()}, password.Settled, nil
}

// firstPassword is profile for the password alone.
func (w *writer) firstPassword(ctx context.Context, n Newcomer) (Password, error) {
	switch {
	case n.Wish == "":
		text, err := secret.Unknown(rand.Reader, n.Names)
		return Password{Text: text}, err
	case w.passwords == nil:
		return Password{}, &fault.Error{Kind: fault.Invalid, Op: w.op, Err: fmt.Errorf("the policy wishes a password (%s), and there is nobody to hand it to", n.Wish)}
	}
	return w.passwords(ctx, n)
}

// newcomer gives what decides about the new user's password.
func (w *writer) newcomer() Newcomer {
	n := Newcomer{Object: w.change.Object, Names: w.names(), MustChange: true}
	for _, a := range w.change.Attributes {
		switch {
		case a.After.IsNothing():
		case a.Name == passwordName:
			n.Wish = a.After.Text()
		case a.Name == mustChangeName:
			n.MustChange = a.After.Truth()
		case a.Name == "userPrincipalName":
			n.SignInName = a.After.Text()
		}
	}
	return n
}
