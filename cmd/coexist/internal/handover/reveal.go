package handover

import (
	"errors"
	"fmt"

	"filippo.io/age"
)

// Keys are what password files are opened with.
type Keys struct {
	Age          []age.Identity
	Certificates []KeyPair
}

// Revealed is an entry that was opened.
type Revealed struct {
	Entry
	Outcome Outcome
	Err     error // why it could not be opened; nil for one that could
}

// errNoKey says that the key that a block needs was not given.
var errNoKey = errors.New("the key is missing")

// Reveal opens the entries of a file that may be of use: what is void is left out, as is, beside the password of an account
// that was made, any other for the same account. withVoid gives all of them.
func Reveal(c Contents, keys Keys, withVoid bool) []Revealed {
	over := conclude(c.Records, func(string) Outcome { return Unsure })
	var out []Revealed
	for _, r := range c.Records {
		if o, ok := over[r.ID]; ok && r.ID != "" {
			r.Outcome = o
		}
		if r.Outcome == Void && !withVoid {
			continue
		}
		e, err := keys.open(r)
		if err != nil {
			e = Entry{Anchor: r.Anchor, Made: r.Made}
		}
		out = append(out, Revealed{e, r.Outcome, err})
	}
	return out
}

// open opens one entry. What is inside must be of the entry that it is said to be: a block that somebody moved would hand a
// password to the wrong person.
func (k Keys) open(r Record) (Entry, error) {
	plain, err := k.decrypt(r)
	if err != nil {
		return Entry{}, fmt.Errorf("open entry: %w", err)
	}
	defer clear(plain)
	id, e, err := readContent(plain)
	if err == nil && r.ID != "" && id != r.ID {
		err = errors.New("the entry is another than its head says")
	}
	if err != nil {
		return Entry{}, fmt.Errorf("open entry: %w", err)
	}
	return e, nil
}

func (k Keys) decrypt(r Record) ([]byte, error) {
	switch r.Kind {
	case ageBlock:
		if len(k.Age) == 0 {
			return nil, fmt.Errorf("it is encrypted to an age key: %w", errNoKey)
		}
		return openAge(r.Block, k.Age)
	case cmsBlock:
		if len(k.Certificates) == 0 {
			return nil, fmt.Errorf("it is encrypted to a certificate: %w", errNoKey)
		}
		return openCMS(r.Block, k.Certificates)
	case dpapiBlock:
		return openDPAPI(r.Block)
	}
	return nil, errors.New("it is of a kind that this version does not know")
}
