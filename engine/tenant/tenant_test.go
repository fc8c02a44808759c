package tenant_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/tenant"
)

func TestObjectsReadTwiceCountOnce(t *testing.T) {
	b := tenant.NewBuilder()
	for _, id := range []string{"2", "1", "2"} {
		b.Add(cloud.Object{ID: id, Type: cloud.User})
	}
	v, err := b.View(cloud.Tenant{})
	if err != nil || v.Len() != 2 || v.At(0).ID != "1" {
		t.Fatalf("%d objects, %v", v.Len(), err)
	}
}

func TestTwoObjectsOfOneIDAreAnError(t *testing.T) {
	b := tenant.NewBuilder()
	b.Add(cloud.Object{ID: "1", Type: cloud.User, Anchor: "a"})
	b.Add(cloud.Object{ID: "1", Type: cloud.User, Anchor: "b"})
	if _, err := b.View(cloud.Tenant{}); err == nil {
		t.Fatal("one of two objects was dropped")
	}
}

func TestLookUps(t *testing.T) {
	b := tenant.NewBuilder()
	live := cloud.Object{ID: "live", Type: cloud.User, Anchor: "a", Mail: "Ann@x.example", Proxies: []string{"SMTP:ann@x.example", "smtp:Old@x.example", "X500:/o=x"}}
	live.Put("userPrincipalName", cloud.Text("Ann@x.example"))
	bin := cloud.Object{ID: "bin", Type: cloud.User, Anchor: "a", Mail: "ann@x.example", Deleted: true}
	bin.Put("userPrincipalName", cloud.Text("ann@x.example"))
	b.Add(bin)
	b.Add(live)
	v, err := b.View(cloud.Tenant{})
	if err != nil {
		t.Fatal(err)
	}
	at, _ := v.ByID("live")
	if d := cmp.Diff([]int32{int32(at), 1 - int32(at)}, v.ByAnchor("a")); d != "" {
		t.Errorf("by anchor, live ones first (-want +got):\n%s", d)
	}
	if i, ok := v.ByUPN("ANN@X.EXAMPLE"); !ok || i != at {
		t.Errorf("by name: %d, %v", i, ok)
	}
	for _, a := range []string{"ann@X.example", "old@x.example"} {
		if d := cmp.Diff([]int32{int32(at)}, v.ByAddress(a)); d != "" {
			t.Errorf("by address %s (-want +got):\n%s", a, d)
		}
	}
}
