// Package credential keeps the secrets that coexist.yaml names as { credential: NAME }: in the Windows Credential Manager of
// the account that coexist runs as, or in a file encrypted with age, to an identity file or with a passphrase.
//
// Secrets appear in no error and are shown by nothing; see secret.Text.
package credential

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/coexistsync/coexist/engine/secret"
)

// Entry is what may be told of a credential.
type Entry struct {
	Name string    `json:"name"`
	Kind string    `json:"kind"`           // one of Kinds
	User string    `json:"user,omitempty"` // account that it belongs to
	Set  time.Time `json:"set"`            // when it was last written, UTC
}

// Kinds lists what credentials can be.
func Kinds() []string { return []string{"password", "clientSecret", "passphrase", "other"} }

// Store keeps credentials. Nothing guards against two processes that write at once: the later one wins.
type Store interface {
	// List lists what there is, by name.
	List() ([]Entry, error)
	// Get gives one, or ErrMissing.
	Get(name string) (secret.Text, error)
	// Set adds one or puts it in place of the one with its name.
	Set(e Entry, text secret.Text) error
	// Remove removes one, or gives ErrMissing.
	Remove(name string) error
	// Where says where they are, for people.
	Where() string
}

// ErrMissing says that there is no credential of a name.
var ErrMissing = errors.New("there is no such credential")

// MaxSecret is how long a secret may be, in bytes: what the Windows Credential Manager takes.
const MaxSecret = 2560

// name is what credentials are called, such as coexist/app.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)

// CheckName says what is wrong with a name.
func CheckName(s string) error {
	if !name.MatchString(s) {
		return errors.New("the name of a credential is letters, digits, dots, slashes, hyphens and underscores, at most 64, like coexist/app")
	}
	return nil
}

// check says what is wrong with an entry before it is written.
func check(e Entry, text secret.Text) error {
	if err := CheckName(e.Name); err != nil {
		return err
	}
	if !slices.Contains(Kinds(), e.Kind) {
		return fmt.Errorf("there is no kind %q of credentials", e.Kind)
	}
	if text.IsEmpty() {
		return errors.New("the secret is empty")
	}
	if n := len(text.Reveal()); n > MaxSecret {
		return fmt.Errorf("the secret has %d bytes, and at most %d can be kept", n, MaxSecret)
	}
	return nil
}

func missing(name string) error { return fmt.Errorf("credential %s: %w", name, ErrMissing) }
