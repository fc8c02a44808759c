package main

import (
	"encoding/json"

	"github.com/coexistsync/coexist/cmd/coexist/internal/credential"
	"github.com/coexistsync/coexist/internal/wire"
)

// takeCredential makes a record of a credential. Its secret is in no document.
func takeCredential(a *answer, b json.RawMessage) error {
	var e credential.Entry
	if err := json.Unmarshal(b, &e); err != nil {
		return err
	}
	return a.record(wire.Credential{Name: e.Name, Kind: e.Kind, UserName: e.User, SetAt: e.Set}, e.Name)
}
