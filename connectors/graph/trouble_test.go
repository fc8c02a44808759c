package graph_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
)

func TestTroublesAreThoseThatAreNotResolved(t *testing.T) {
	r := rehearse(t, sandbox.Options{})
	user := func(name string) string {
		id, err := r.AddUser(sandbox.Properties{"displayName": name, "userPrincipalName": name + "@contoso.example", "mailNickname": name}, sandbox.Extra{})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	ann, ben := user("ann"), user("ben")
	user("carl") // has none
	conflict := map[string]any{"category": "PropertyConflict", "occurredDateTime": "2026-01-01T00:00:00Z", "propertyCausingError": "ProxyAddresses", "value": "SMTP:x@contoso.example"}
	service := func(detail string, resolved bool) map[string]any {
		return map[string]any{"@odata.type": "#microsoft.graph.serviceProvisioningXmlError", "createdDateTime": "2026-01-02T00:00:00Z", "isResolved": resolved,
			"serviceInstance": "exchange/EURP123-001", "errorDetail": detail}
	}
	for id, p := range map[string]sandbox.Properties{
		ann: {"onPremisesProvisioningErrors": []any{conflict}, "serviceProvisioningErrors": []any{service("<Error/>", false), service("<Old/>", true)}},
		ben: {"serviceProvisioningErrors": []any{service("<Old/>", true)}},
	} {
		if err := r.SetProperties(id, p); err != nil {
			t.Fatal(err)
		}
	}
	var got []connector.Trouble
	unknown, err := r.Troubles(t.Context(), func(x connector.Trouble) error { got = append(got, x); return nil })
	if err != nil || len(unknown) > 0 {
		t.Fatalf("unknown %v, %v", unknown, err)
	}
	want := []connector.Trouble{
		{ID: ann, Type: cloud.User, Name: "ann", Category: "PropertyConflict", Property: "ProxyAddresses", Value: "SMTP:x@contoso.example", Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		{ID: ann, Type: cloud.User, Name: "ann", Service: "exchange/EURP123-001", Detail: "<Error/>", Since: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	stop := errors.New("enough")
	if _, err := r.Troubles(t.Context(), func(connector.Trouble) error { return stop }); err != stop {
		t.Errorf("an error of yield came back as %v", err)
	}
}

func TestTroublesOfWhatMayNotBeReadAreUnknown(t *testing.T) {
	r := rehearse(t, sandbox.Options{Apps: []sandbox.App{{ID: "a0000000-0000-4000-8000-000000000001", Secret: "s", Roles: []string{"User.Read.All"}}}})
	unknown, err := r.Troubles(context.Background(), func(connector.Trouble) error { return nil })
	if err != nil || len(unknown) != 4 {
		t.Errorf("unknown %q, %v; want groups and contacts", unknown, err)
	}
}

func TestSwitchesAreNotForApps(t *testing.T) {
	r := rehearse(t, sandbox.Options{Synced: true})
	if _, err := r.Switches(t.Context()); fault.KindOf(err) != fault.Denied {
		t.Errorf("an application got %v", err)
	}
}

func TestSwitchesOfATenant(t *testing.T) {
	const object = `{"id":"t","configuration":{"accidentalDeletionPrevention":{"synchronizationPreventionType":"enabledForCount","alertThreshold":500}},
		"features":{"blockSoftMatchEnabled":true,"quarantineUponUpnConflictEnabled":true,"softMatchOnUpnEnabled":true}}`
	want := connector.Switches{BlockSoftMatch: true, QuarantineUPN: true, SoftMatchOnUPN: true, DeletionsPrevented: true, DeletionsAllowed: 500}
	for name, body := range map[string]string{"as one object": object, "as a collection": `{"value":[` + object + `]}`} {
		t.Run(name, func(t *testing.T) {
			s, c := newServer(t)
			s.on("GET /directory/onPremisesSynchronization", reply{status: 200, body: body})
			got, err := c.Switches(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for name, body := range map[string]string{"cut off": `{"features":`, "several": `{"value":[{},{}]}`} {
		t.Run(name, func(t *testing.T) {
			s, c := newServer(t)
			s.on("GET /directory/onPremisesSynchronization", reply{status: 200, body: body})
			if _, err := c.Switches(t.Context()); fault.KindOf(err) != fault.Unreachable {
				t.Errorf("got %v", err)
			}
		})
	}
}
