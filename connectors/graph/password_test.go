package graph

import (
	"errors"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

func TestGeneratedPasswords(t *testing.T) {
	for _, p := range []cloud.Password{{Length: 8, Classes: 3}, {Length: 20, Classes: 4}, {Length: 8, Classes: 4, Pronounceable: true}, {Length: 15, Classes: 3, Pronounceable: true}} {
		seen := map[string]bool{}
		for range 50 {
			s, err := generated(p, []string{"an", ""})
			if err != nil {
				t.Fatal(err)
			}
			if len(s) != p.Length || classesOf(s) < p.Classes || strings.Contains(strings.ToLower(s), "an") || seen[s] {
				t.Errorf("%s gives %d characters of %d classes", p, len(s), classesOf(s))
			}
			seen[s] = true
		}
	}
}

func TestPasswordProfile(t *testing.T) {
	secrets := func(name string) (string, error) {
		if name != "first-day" {
			return "", errors.New("there is no secret " + name)
		}
		return "Pa55w.rd!", nil
	}
	attribute := func(name string, v cloud.Value) plan.Attribute { return plan.Attribute{Name: name, After: v} }
	w := &writer{Connector: &Connector{secret: secrets}, op: "create user"}
	w.change.Attributes = []plan.Attribute{attribute("password", cloud.Text("secret first-day")), attribute("mustChange", cloud.Truth(false))}
	got, err := w.passwordProfile()
	if err != nil || got["password"] != "Pa55w.rd!" || got["forceChangePasswordNextSignIn"] != false {
		t.Errorf("%v", err)
	}
	if len(w.body()) != 0 {
		t.Error("a password stands outside its profile")
	}
	w.change.Attributes = []plan.Attribute{attribute("password", cloud.Text("secret other"))}
	if _, err := w.passwordProfile(); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an unknown secret is %v", err)
	}
	w.change.Attributes = nil
	if got, err = w.passwordProfile(); err != nil || got["forceChangePasswordNextSignIn"] != true || len(got["password"].(string)) != passwordLength {
		t.Errorf("%v", err)
	}
}
