package join_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/tenant"
)

// user gives a cloud user by id with what a join looks at.
func user(id, upn, mail string, set func(*cloud.Object)) cloud.Object {
	o := cloud.Object{ID: id, Type: cloud.User, Mail: mail}
	o.Put("displayName", cloud.Text("Cloud "+id))
	o.Put("userPrincipalName", cloud.Text(upn))
	if set != nil {
		set(&o)
	}
	return o
}

func anchored(a directory.Anchor) func(*cloud.Object) {
	return func(o *cloud.Object) { o.Anchor = a }
}

func wish(anchor, primary, upn string) join.Wish {
	return join.Wish{Anchor: directory.Anchor(anchor), Wanted: true, Type: cloud.User, Primary: primary, UPN: upn}
}

// result is what a test looks at of a match.
type result struct {
	Target  string
	How     join.How
	Problem plan.SkipReason
}

// joins are tenants, the wishes of the source, and who is joined with whom.
var joins = map[string]struct {
	cloud   []cloud.Object
	wishes  []join.Wish
	want    []result
	foreign int
}{
	"anchor beats a matching name elsewhere": {
		cloud:   []cloud.Object{user("1", "ann@x.example", "", nil), user("2", "old@x.example", "", anchored("ann"))},
		wishes:  []join.Wish{wish("ann", "", "ann@x.example")},
		want:    []result{{"2", join.Hard, ""}},
		foreign: 1,
	},
	"primary address comes before the name": {
		cloud:   []cloud.Object{user("1", "ann@x.example", "", nil), user("2", "b@x.example", "ann@x.example", nil)},
		wishes:  []join.Wish{wish("ann", "ann@x.example", "ann@x.example")},
		want:    []result{{"2", join.Mail, ""}},
		foreign: 1,
	},
	"name in another case": {
		cloud:  []cloud.Object{user("1", "Ann@X.example", "", nil)},
		wishes: []join.Wish{wish("ann", "", "ann@x.example")},
		want:   []result{{"1", join.UPN, ""}},
	},
	"two holders of the address are ambiguous": {
		cloud: []cloud.Object{user("1", "a@x.example", "ann@x.example", nil),
			user("2", "b@x.example", "", func(o *cloud.Object) { o.Proxies = []string{"SMTP:Ann@x.example"} })},
		wishes:  []join.Wish{wish("ann", "ann@x.example", "")},
		want:    []result{{"", join.Unjoined, plan.Ambiguous}},
		foreign: 2,
	},
	"a further address is no match": {
		cloud: []cloud.Object{user("1", "boss@x.example", "boss@x.example", func(o *cloud.Object) {
			o.Proxies = []string{"SMTP:boss@x.example", "smtp:ann@x.example"}
		})},
		wishes:  []join.Wish{wish("ann", "ann@x.example", "ann@x.example")},
		want:    []result{{"", join.Unjoined, plan.Collision}},
		foreign: 1,
	},
	"two suitors are ambiguous for both": {
		cloud:   []cloud.Object{user("1", "ann@x.example", "", nil)},
		wishes:  []join.Wish{wish("ann", "", "ann@x.example"), wish("bob", "", "ann@x.example")},
		want:    []result{{"", join.Unjoined, plan.Ambiguous}, {"", join.Unjoined, plan.Ambiguous}},
		foreign: 1,
	},
	"another anchor is never overwritten": {
		cloud:   []cloud.Object{user("1", "ann@x.example", "", anchored("other"))},
		wishes:  []join.Wish{wish("ann", "", "ann@x.example")},
		want:    []result{{"", join.Unjoined, plan.Collision}},
		foreign: 1,
	},
	"an administrator is never matched softly": {
		cloud:   []cloud.Object{user("1", "ann@x.example", "", func(o *cloud.Object) { o.Admin = true })},
		wishes:  []join.Wish{wish("ann", "", "ann@x.example")},
		want:    []result{{"", join.Unjoined, plan.Protected}},
		foreign: 1,
	},
	"a guest is no match": {
		cloud:   []cloud.Object{user("1", "ann@x.example", "", func(o *cloud.Object) { o.Type = cloud.Guest })},
		wishes:  []join.Wish{wish("ann", "", "ann@x.example")},
		want:    []result{{"", join.Unjoined, plan.Collision}},
		foreign: 1,
	},
	"a deleted object is found by anchor only": {
		cloud:  []cloud.Object{user("1", "ann@x.example", "", func(o *cloud.Object) { anchored("ann")(o); o.Deleted = true })},
		wishes: []join.Wish{wish("ann", "", ""), wish("bob", "", "ann@x.example")},
		want:   []result{{"1", join.Hard, ""}, {"", join.Unjoined, ""}},
	},
	"the live one of two with an anchor": {
		cloud: []cloud.Object{user("1", "", "", func(o *cloud.Object) { anchored("ann")(o); o.Deleted = true }),
			user("2", "", "", anchored("ann"))},
		wishes: []join.Wish{wish("ann", "", "")},
		want:   []result{{"2", join.Hard, ""}},
	},
	"the ledger remembers when the anchor is gone": {
		cloud:  []cloud.Object{user("1", "x@x.example", "", nil)},
		wishes: []join.Wish{{Anchor: "ann", Wanted: true, Type: cloud.User, Ledger: "1"}},
		want:   []result{{"1", join.Remembered, ""}},
	},
	"what nobody wants is joined by anchor but never adopted": {
		cloud:   []cloud.Object{user("1", "ann@x.example", "", nil), user("2", "", "", anchored("bob"))},
		wishes:  []join.Wish{{Anchor: "ann", UPN: "ann@x.example"}, {Anchor: "bob"}},
		want:    []result{{"", join.Unjoined, ""}, {"2", join.Hard, ""}},
		foreign: 1,
	},
}

func TestBuild(t *testing.T) {
	for name, c := range joins {
		t.Run(name, func(t *testing.T) {
			b := tenant.NewBuilder()
			for _, o := range c.cloud {
				b.Add(o)
			}
			v, err := b.View(cloud.Tenant{})
			if err != nil {
				t.Fatal(err)
			}
			table := join.Build(v, len(c.wishes), func(i int) join.Wish { return c.wishes[i] })
			var got []result
			for _, m := range table.Matches {
				r := result{How: m.How}
				if m.Target != join.None {
					r.Target = v.At(m.Target).ID
				}
				if m.Problem != nil {
					r.Problem = m.Problem.Reason
				}
				got = append(got, r)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("matches (-want +got):\n%s", d)
			}
			if table.Foreign != c.foreign {
				t.Errorf("%d foreign objects, want %d", table.Foreign, c.foreign)
			}
		})
	}
}
