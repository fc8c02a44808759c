package graph

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// The properties that together make passwordProfile; they are set when a user is made and never again.
const (
	passwordName   = "password"
	mustChangeName = "mustChange"
)

// passwordProfile gives the password of a new user and whether its first use must change it, which it must unless the policy
// says otherwise. No error holds a password.
func (w *writer) passwordProfile() (entityMap, error) {
	text, mustChange := "", true
	for _, a := range w.change.Attributes {
		switch {
		case a.After.IsNothing():
		case a.Name == passwordName:
			text = a.After.Text()
		case a.Name == mustChangeName:
			mustChange = a.After.Truth()
		}
	}
	password, err := w.password(text)
	if err != nil {
		return nil, err
	}
	return entityMap{"forceChangePasswordNextSignIn": mustChange, "password": password}, nil
}

// password makes or reads the password that a policy describes; "" is one that nobody knows.
func (w *writer) password(text string) (string, error) {
	invalid := func(err error) error { return &fault.Error{Kind: fault.Invalid, Op: w.op, Err: err} }
	if text == "" {
		password, err := randomPassword(w.names())
		if err != nil {
			return "", &fault.Error{Kind: fault.Transient, Op: w.op, Err: err}
		}
		return password, nil
	}
	p, err := cloud.ParsePassword(text)
	if err != nil {
		return "", invalid(err)
	}
	if p.Secret != "" {
		if w.secret == nil {
			return "", invalid(fmt.Errorf("secret %s of the password is not known here", p.Secret))
		}
		password, err := w.secret(p.Secret)
		if err != nil {
			return "", invalid(err)
		}
		return password, nil
	}
	password, err := generated(p, w.names())
	if err != nil {
		return "", &fault.Error{Kind: fault.Transient, Op: w.op, Err: err}
	}
	return password, nil
}

// generated makes a password after a policy's rule that holds none of the names.
func generated(p cloud.Password, names []string) (string, error) {
	for range 1000 {
		var b strings.Builder
		for b.Len() < p.Length {
			letters := passwordClasses[0] + passwordClasses[1] + passwordClasses[2] + passwordClasses[3]
			if p.Pronounceable {
				letters = [...]string{"bdfghjkmnprstvwz", "aeiou"}[b.Len()%2]
			}
			c, err := pick(letters)
			if err != nil {
				return "", err
			}
			b.WriteByte(c)
		}
		password := []byte(b.String())
		if p.Pronounceable {
			if err := accent(password, p.Classes); err != nil {
				return "", err
			}
		}
		if s := string(password); classesOf(s) >= p.Classes && !holdsName(s, names) {
			return s, nil
		}
	}
	return "", errors.New("no password without the user's names")
}

// accent gives a password of syllables its other classes: a capital in front, and digits and a sign in its last places, so
// that it can still be read out.
func accent(password []byte, classes int) error {
	password[0] -= 'a' - 'A'
	n := len(password)
	for i, at := range []int{n - 1, n - 2} {
		c, err := pick(passwordClasses[2])
		if i == 0 && classes == cloud.MaxPasswordClasses {
			c, err = pick(passwordClasses[3])
		}
		if err != nil {
			return err
		}
		password[at] = c
	}
	return nil
}

func pick(letters string) (byte, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
	if err != nil {
		return 0, errors.New("no randomness for a password")
	}
	return letters[n.Int64()], nil
}

func classesOf(s string) (n int) {
	for _, letters := range [...]string{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789", passwordClasses[3]} {
		if strings.ContainsAny(s, letters) {
			n++
		}
	}
	return n
}

func holdsName(s string, names []string) bool {
	for _, name := range names {
		if name != "" && strings.Contains(strings.ToLower(s), strings.ToLower(name)) {
			return true
		}
	}
	return false
}
