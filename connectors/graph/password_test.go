package graph

import (
	"context"
	"errors"
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/secret"
)

func TestPasswordProfile(t *testing.T) {
	const given = "Pa55w.rd!"
	hook := func(_ context.Context, n Newcomer) (Password, error) {
		switch n.Wish {
		case "secret first-day":
			return Password{Text: secret.New(given)}, nil
		case "secret other":
			return Password{}, &fault.Error{Kind: fault.Invalid, Err: errors.New("there is no secret other")}
		}
		return Password{}, errors.New("the disk is full")
	}
	wish := func(s string) []plan.Attribute { return []plan.Attribute{{Name: passwordName, After: cloud.Text(s)}} }
	unforced := plan.Attribute{Name: mustChangeName, After: cloud.Truth(false)}
	cases := map[string]struct {
		attributes []plan.Attribute
		hook       func(context.Context, Newcomer) (Password, error)
		want       fault.Kind // when nothing is to be sent
		password   string     // "" for one that nobody knows
		change     bool
	}{
		"a wish is granted by the hook":       {append(wish("secret first-day"), unforced), hook, 0, given, false},
		"without a wish nobody knows it":      {nil, hook, 0, "", true},
		"nor without a hook":                  {[]plan.Attribute{unforced}, nil, 0, "", false},
		"a wish needs somebody to hand it to": {wish("generate 20 characters of 4 classes"), nil, fault.Invalid, "", false},
		"the hook says what kind of error":    {wish("secret other"), hook, fault.Invalid, "", false},
		"any other error may pass":            {wish("generate 20 characters of 4 classes"), hook, fault.Transient, "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := &writer{Connector: &Connector{passwords: c.hook}, op: "create user"}
			w.change.Attributes = c.attributes
			got, _, err := w.profile(t.Context())
			if len(w.body()) != 0 {
				t.Error("a password stands outside its profile")
			}
			if c.want != 0 {
				if fault.KindOf(err) != c.want || got != nil {
					t.Errorf("error %v, want %v", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			password, ok := got["password"].(string)
			if !ok || c.password != "" && password != c.password || c.password == "" && (len(password) != 32 || secret.Classes(password) != 4) || got["forceChangePasswordNextSignIn"] != c.change {
				t.Errorf("password of %d letters, to be changed: %v", len(password), got["forceChangePasswordNextSignIn"])
			}
		})
	}
}
