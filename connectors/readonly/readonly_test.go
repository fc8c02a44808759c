package readonly_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/connectors/readonly"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/connector"
)

func TestReaderIsNoExporter(t *testing.T) {
	var r any = readonly.New(memory.New(cloud.Tenant{}))
	if _, ok := r.(connector.Exporter); ok {
		t.Error("a read-only target can write")
	}
}

func TestReaderReadsWhatItWasMadeFrom(t *testing.T) {
	from := memory.New(cloud.Tenant{ID: "t1"}, cloud.Object{ID: "u1", Type: cloud.User, Anchor: "YQ==", Properties: []cloud.Set{{Name: "displayName", Value: cloud.Text("Ada")}}})
	r := readonly.New(from)
	tenant, err := r.Tenant(t.Context())
	if err != nil || tenant.ID != "t1" {
		t.Errorf("Tenant = %q, %v", tenant.ID, err)
	}
	var seen []string
	err = r.Objects(t.Context(), []string{"displayName"}, func(o cloud.Object) error {
		seen = append(seen, o.Name())
		return nil
	})
	if diff := cmp.Diff([]string{"Ada"}, seen); err != nil || diff != "" {
		t.Errorf("Objects (-want +got, %v):\n%s", err, diff)
	}
	if o, err := r.Current(t.Context(), cloud.User, "u1", nil); err != nil || o.ID != "u1" {
		t.Errorf("Current = %q, %v", o.ID, err)
	}
	if o, err := r.ByAnchor(t.Context(), cloud.User, "YQ=="); err != nil || o.ID != "u1" {
		t.Errorf("ByAnchor = %q, %v", o.ID, err)
	}
}
