package secret

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// The classes that Entra ID counts, without letters that look alike: no I, O, l, o, 0 and 1.
// Source: https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy.
const (
	capitals = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	small    = "abcdefghijkmnpqrstuvwxyz"
	digits   = "23456789"
	signs    = "!#%+-=?@_"

	consonants        = "bdfghjkmnprstvwz"
	capitalConsonants = "BDFGHJKMNPRSTVWZ"
	vowels            = "aeiou"
)

// nobody is the wish for a password that nobody is told: long enough for every policy, with about 6 bits a letter.
var nobody = cloud.Password{Length: 32, Classes: cloud.MaxPasswordClasses}

// ErrNames says that no password was found which holds none of the names.
var ErrNames = errors.New("make password: the names leave no letters to make one of")

// Unknown makes a password for an account whose password nobody is to know.
func Unknown(random io.Reader, names []string) (Text, error) { return Make(random, nobody, names) }

// Make makes a password that is as a policy wishes and holds none of the names in any case; empty names are passed over.
// random must be cryptographically secure, such as rand.Reader of crypto/rand. Every letter is drawn evenly from those that
// may stand in its place. The wish must not be for a secret, which is read, not made.
func Make(random io.Reader, wish cloud.Password, names []string) (Text, error) {
	if err := wish.Check(); err != nil {
		return Text{}, fmt.Errorf("make password: %w", err)
	}
	if wish.Secret != "" {
		return Text{}, errors.New("make password: it is to be read from a secret")
	}
	folded := fold(names)
	for range attempts {
		password, err := draw(random, alphabets(wish), folded)
		if err != nil {
			return Text{}, err
		}
		if s := string(password); password != nil && Classes(s) >= wish.Classes {
			return New(s), nil
		}
	}
	return Text{}, ErrNames
}

// attempts bounds the search. Of the shortest passwords of four classes three in ten lack one; a name in the way costs
// nothing, since its last letter is drawn again.
const attempts = 1000

func fold(names []string) []string {
	var out []string
	for _, n := range names {
		if n != "" {
			out = append(out, directory.Fold(n))
		}
	}
	return out
}

// alphabets gives what may stand at each place. A password of syllables has a capital in front, and its digits and its sign
// at the end, so that it can be read out.
func alphabets(wish cloud.Password) []string {
	out := make([]string, wish.Length)
	for i := range out {
		switch last := wish.Length - 1; {
		case !wish.Pronounceable:
			out[i] = capitals + small + digits + signs
		case i == 0:
			out[i] = capitalConsonants
		case i == last && wish.Classes == cloud.MaxPasswordClasses:
			out[i] = signs
		case i >= last-1:
			out[i] = digits
		default:
			out[i] = [...]string{consonants, vowels}[i%2]
		}
	}
	return out
}

// draw draws a letter for each place; nil when at some place every letter would complete a name.
func draw(random io.Reader, alphabets, names []string) ([]byte, error) {
	out := make([]byte, 0, len(alphabets))
	for _, letters := range alphabets {
		allowed := make([]byte, 0, len(letters))
		for _, c := range []byte(letters) {
			if !completes(append(out, c), names) {
				allowed = append(allowed, c)
			}
		}
		if len(allowed) == 0 {
			return nil, nil
		}
		i, err := below(random, len(allowed))
		if err != nil {
			return nil, err
		}
		out = append(out, allowed[i])
	}
	return out, nil
}

// completes reports whether a password as far as it goes ends in a name.
func completes(password []byte, names []string) bool {
	s := directory.Fold(string(password))
	for _, n := range names {
		if strings.HasSuffix(s, n) {
			return true
		}
	}
	return false
}

// below draws a number from 0 to n-1, n at most 256, evenly: bytes past the last whole multiple of n are drawn again.
func below(random io.Reader, n int) (int, error) {
	var b [1]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, fmt.Errorf("make password: read randomness: %w", err)
		}
		if int(b[0]) < 256-256%n {
			return int(b[0]) % n, nil
		}
	}
}

// Classes counts the classes that Entra ID counts: capitals, small letters, digits, and everything else.
func Classes(s string) int {
	var found [4]bool
	for _, r := range s {
		switch {
		case r >= 'A' && r <= 'Z':
			found[0] = true
		case r >= 'a' && r <= 'z':
			found[1] = true
		case r >= '0' && r <= '9':
			found[2] = true
		default:
			found[3] = true
		}
	}
	n := 0
	for _, f := range found {
		if f {
			n++
		}
	}
	return n
}
