package handover

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/coexistsync/coexist/engine/secret"
)

// content is an entry as it stands inside its block, for people and programs that decrypt it by themselves.
type content struct {
	ID         string    `json:"id"`
	SignInName string    `json:"signInName"`
	Name       string    `json:"name"`
	Password   string    `json:"password"`
	MustChange bool      `json:"mustChange"`
	Made       time.Time `json:"made"`
	Anchor     string    `json:"anchor"`
}

// write gives the text of an entry: one line of JSON.
func write(id string, e Entry) ([]byte, error) {
	var b bytes.Buffer
	j := json.NewEncoder(&b)
	j.SetEscapeHTML(false)
	err := j.Encode(content{id, e.SignInName, e.Name, e.Password.Reveal(), e.MustChange, e.Made.UTC(), e.Anchor})
	return b.Bytes(), err
}

// readContent reads what write gives. No error repeats the text.
func readContent(b []byte) (id string, e Entry, err error) {
	var c content
	if json.Unmarshal(b, &c) != nil || c.Password == "" {
		return "", e, errors.New("what was decrypted is no entry of a password file")
	}
	return c.ID, Entry{Anchor: c.Anchor, SignInName: c.SignInName, Name: c.Name, MustChange: c.MustChange, Password: secret.New(c.Password), Made: c.Made}, nil
}
