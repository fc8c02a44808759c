package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/secret"
)

func TestASingleLookKnowsWhoIsAnAdministratorAndWhatTheCloudOwns(t *testing.T) {
	r := rehearseInProcess(t, sandbox.Options{Seed: 7})
	add := func(name string, x sandbox.Extra) string {
		t.Helper()
		id, err := r.AddUser(sandbox.Properties{"userPrincipalName": name + "@contoso.example"}, x)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for name, c := range map[string]struct {
		id                string
		admin, cloudOwned bool
	}{
		"administrator": {add("root", sandbox.Extra{Roles: []string{"Global Administrator"}}), true, false},
		"cloud-managed": {add("cloud", sandbox.Extra{CloudManaged: true}), false, true},
		"neither":       {add("staff", sandbox.Extra{}), false, false},
	} {
		o, err := r.Current(t.Context(), cloud.User, c.id, nil)
		if err != nil || o.Admin != c.admin || o.CloudOwned != c.cloudOwned {
			t.Errorf("%s: %+v, error %v", name, o, err)
		}
	}
}

func TestPasswordsAreMadeForEachAttemptAndShownNowhere(t *testing.T) {
	s, _ := newServer(t)
	s.on("POST /users", reply{status: 504}, reply{status: 201, body: `{"id":"` + userID + `"}`})
	type settled struct{ password, id, err string }
	var told []settled
	made := 0
	c, err := graph.New(graph.Config{BaseURL: s.URL + "/v1.0", Credential: &tokens{}, Now: s.clock.now, Sleep: s.clock.sleep,
		Passwords: func(_ context.Context, n graph.Newcomer) (graph.Password, error) {
			if made++; made == 3 {
				return graph.Password{}, errors.New("the sink is full")
			}
			if n.Wish != "generate 12 characters of 3 classes" || len(n.Names) == 0 || n.Object.Anchor == "" {
				t.Errorf("newcomer %+v", n)
			}
			text := fmt.Sprint("Canary-Password-", made)
			return graph.Password{Text: secret.New(text), Settled: func(id string, err error) { told = append(told, settled{text, id, fault.KindOf(err).String()}) }}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	change := newUser()
	change.Attributes = append(change.Attributes, plan.Attribute{Name: "password", After: cloud.Text("generate 12 characters of 3 classes")},
		plan.Attribute{Name: "mustChange", After: cloud.Truth(false)})
	_, first := c.Export(t.Context(), change, byID)
	if _, err := c.Export(t.Context(), change, byID); err != nil || fault.KindOf(first) != fault.Unknown {
		t.Fatalf("%v, %v", first, err)
	}
	if _, err := c.Export(t.Context(), change, byID); fault.KindOf(err) != fault.Transient || len(s.asked("POST")) != 2 {
		t.Errorf("without a password: %v after %d requests, want nothing sent", err, len(s.asked("POST")))
	}
	if len(told) != 2 || told[0].id != "" || told[0].err != "unknown" || told[1].id != userID {
		t.Errorf("told %+v", told)
	}
	profile := s.asked("POST")[1].body["passwordProfile"].(map[string]any)
	if profile["password"] != "Canary-Password-2" || profile["forceChangePasswordNextSignIn"] != false {
		t.Errorf("profile %v", profile)
	}
	p := graph.Password{Text: secret.New("Canary")}
	b, err := json.Marshal(p)
	if shown := fmt.Sprint(p, &p) + fmt.Sprintf("%#v %+v %s", p, p, b); err != nil || strings.Contains(shown, "Canary") {
		t.Errorf("shown as %s, %v", shown, err)
	}
}

// A group of the largest size that Entra ID documents is read whole, page by page.
func TestAVeryLargeGroupIsReadWhole(t *testing.T) {
	const members = 250_000
	s, c := newServer(t)
	s.empty()
	s.on("GET /groups/"+groupID, reply{status: 200, body: `{"id":"` + groupID + `","securityEnabled":true}`})
	var pages []reply
	for from := 0; from < members; from += 999 {
		var b strings.Builder
		b.WriteString(`{"value":[`)
		for i := from; i < min(from+999, members); i++ {
			if i > from {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"@odata.type":"#microsoft.graph.user","id":"00000000-0000-4000-8000-%012x"}`, i)
		}
		b.WriteByte(']')
		if from+999 < members {
			fmt.Fprintf(&b, `,"@odata.nextLink":"BASE/groups/%s/members?$skiptoken=%d"`, groupID, from)
		}
		b.WriteByte('}')
		pages = append(pages, reply{status: 200, body: b.String()})
	}
	s.on("GET /groups/"+groupID+"/members", pages...)
	o, err := c.Current(t.Context(), cloud.SecurityGroup, groupID, []string{"members"})
	if got := len(o.Get("members").Texts()); err != nil || got != members {
		t.Errorf("%d members, error %v", got, err)
	}
}
