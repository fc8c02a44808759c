package cloud

import (
	"fmt"
	"strconv"
	"strings"
)

// Password says how the first password of a new account comes about. It never holds one, so it may stand in a plan: the
// password itself is made, or its secret is read, by whoever makes the account.
type Password struct {
	Length        int    // characters of a generated one
	Classes       int    // of capitals, small letters, digits and signs, how many it must hold
	Pronounceable bool   // made of syllables, so that it can be read out
	Secret        string // the name of a secret in coexist.yaml that holds it, in place of generating one
}

// What Entra ID takes: https://learn.microsoft.com/entra/identity/authentication/concept-password-ban-bad-combined-policy
// (8 to 256 characters, three of four classes).
const (
	MinPassword        = 8
	MaxPassword        = 256
	MinPasswordClasses = 3
	MaxPasswordClasses = 4
)

// The text form: "generate 20 characters of 4 classes, pronounceable" or "secret NAME".
const (
	generatePrefix   = "generate "
	generateMiddle   = " characters of "
	generateSuffix   = " classes"
	pronounceableEnd = ", pronounceable"
	secretPrefix     = "secret "
)

// String gives the text form that plans and policies' values carry.
func (p Password) String() string {
	if p.Secret != "" {
		return secretPrefix + p.Secret
	}
	s := generatePrefix + strconv.Itoa(p.Length) + generateMiddle + strconv.Itoa(p.Classes) + generateSuffix
	if p.Pronounceable {
		s += pronounceableEnd
	}
	return s
}

// ParsePassword reads what String gives.
func ParsePassword(text string) (Password, error) {
	var p Password
	if name, ok := strings.CutPrefix(text, secretPrefix); ok && name != "" {
		return Password{Secret: name}, nil
	}
	rest, ok := strings.CutPrefix(text, generatePrefix)
	rest, p.Pronounceable = strings.CutSuffix(rest, pronounceableEnd)
	length, classes, cut := strings.Cut(strings.TrimSuffix(rest, generateSuffix), generateMiddle)
	var err1, err2 error
	p.Length, err1 = strconv.Atoi(length)
	p.Classes, err2 = strconv.Atoi(classes)
	if !ok || !cut || err1 != nil || err2 != nil || p.String() != text || p.Check() != nil {
		return Password{}, fmt.Errorf("%.80q says nothing about a password", text)
	}
	return p, nil
}

// Check says what Entra ID would refuse of every password made so.
func (p Password) Check() error {
	switch {
	case p.Secret != "":
		return nil
	case p.Length < MinPassword || p.Length > MaxPassword:
		return fmt.Errorf("a password has %d to %d characters, not %d", MinPassword, MaxPassword, p.Length)
	case p.Classes < MinPasswordClasses || p.Classes > MaxPasswordClasses:
		return fmt.Errorf("a password has %d or %d classes of characters, not %d", MinPasswordClasses, MaxPasswordClasses, p.Classes)
	}
	return nil
}
