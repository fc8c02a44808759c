package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// round follows a delta to its end and gives the rows and the delta link.
func (r *rig) round(path string, header ...string) (rows []map[string]any, link string) {
	r.Helper()
	for pages := 0; pages < 100; pages++ {
		a := r.do(200, "GET", path, "", header...)
		rows = append(rows, a.values()...)
		if link, ok := a.body["@odata.deltaLink"].(string); ok {
			return rows, strings.TrimPrefix(link, "https://graph.example")
		}
		path = strings.TrimPrefix(a.body["@odata.nextLink"].(string), "https://graph.example")
	}
	r.Fatal("the delta does not end")
	return nil, ""
}

func removed(reason string) any { return map[string]any{"reason": reason} }

func TestRule8DeltaTellsWhatChangedSince(t *testing.T) {
	r := newRig(t, Options{})
	ann := r.user("ann", Properties{"displayName": "Ann"}, Extra{})
	bob := r.user("bob", Properties{"displayName": "Bob"}, Extra{})
	cid := r.user("cid", Properties{"displayName": "Cid", "department": "Sales"}, Extra{})
	rows, link := r.round("/v1.0/users/delta?$select=displayName,department,manager")
	same(t, "first round", 3, len(rows))
	rows, link = r.round(link)
	same(t, "nothing happened", 0, len(rows))

	r.do(204, "PATCH", "/v1.0/users/"+ann, `{"displayName":"Anna","jobTitle":"Boss"}`)
	r.do(204, "PATCH", "/v1.0/users/"+cid, `{"department":null}`)
	r.do(204, "DELETE", "/v1.0/users/"+bob, "")
	rows, link = r.round(link)
	same(t, "changes", map[any]map[string]any{
		ann: {"id": ann, "displayName": "Anna"},
		bob: {"id": bob, "@removed": removed("changed")},
		cid: {"id": cid, "displayName": "Cid", "department": nil}}, byKey(rows))

	r.do(204, "PATCH", "/v1.0/users/"+ann, `{"jobTitle":"Chief"}`)
	r.do(204, "PUT", "/v1.0/users/"+cid+"/manager/$ref", ref(ann))
	r.do(204, "DELETE", "/v1.0/directory/deletedItems/"+bob, "")
	rows, link = r.round(link, "Prefer", "return=minimal")
	same(t, "untracked properties stay out", map[any]map[string]any{
		bob: {"id": bob, "@removed": removed("deleted")},
		cid: {"id": cid, "manager@delta": []any{map[string]any{"@odata.type": "#microsoft.graph.user", "id": ann}}}}, byKey(rows))

	r.do(204, "DELETE", "/v1.0/users/"+ann, "")
	r.do(200, "POST", "/v1.0/directory/deletedItems/"+ann+"/restore", "")
	rows, _ = r.round(link)
	same(t, "restored", map[any]map[string]any{ann: {"id": ann, "displayName": "Anna"}}, byKey(rows))
}

func byKey(rows []map[string]any) map[any]map[string]any {
	out := map[any]map[string]any{}
	for _, row := range rows {
		out[row["id"]] = row
	}
	return out
}

func TestRule8DeltaOfGroupsTellsMembers(t *testing.T) {
	r := newRig(t, Options{})
	ann, bob := r.user("ann", nil, Extra{}), r.user("bob", nil, Extra{})
	g := r.group("g", nil, Extra{Members: []string{ann}})
	rows, link := r.round("/v1.0/groups/delta?$select=displayName,members")
	member := func(id string, gone bool) any {
		m := map[string]any{"@odata.type": "#microsoft.graph.user", "id": id}
		if gone {
			m["@removed"] = removed("deleted")
		}
		return m
	}
	same(t, "first round", []map[string]any{{"id": g, "displayName": "g", "members@delta": []any{member(ann, false)}}}, rows)
	r.do(204, "POST", "/v1.0/groups/"+g+"/members/$ref", ref(bob))
	r.do(204, "DELETE", "/v1.0/groups/"+g+"/members/"+ann+"/$ref", "")
	rows, link = r.round(link)
	got := byKey(rows)[g]["members@delta"].([]any)
	same(t, "changes", 2, len(got))
	for _, m := range got {
		id := m.(map[string]any)["id"].(string)
		same(t, "member", member(id, id == ann), m)
	}
	r.do(204, "DELETE", "/v1.0/users/"+bob, "")
	rows, link = r.round(link)
	same(t, "a deleted member leaves", []any{member(bob, true)}, byKey(rows)[g]["members@delta"])
	r.do(200, "POST", "/v1.0/directory/deletedItems/"+bob+"/restore", "")
	rows, link = r.round(link)
	same(t, "a restored one comes back", []any{member(bob, false)}, byKey(rows)[g]["members@delta"])
	r.do(204, "DELETE", "/v1.0/groups/"+g, "")
	rows, _ = r.round(link)
	same(t, "a security group is gone for good", []map[string]any{{"id": g, "@removed": removed("deleted")}}, rows)
}

func TestRule8DeltaPagesOfLargeGroupsGoOnUnderTheSameID(t *testing.T) {
	r := newRig(t, Options{})
	want := map[string]bool{}
	var ids []string
	for i := range 2500 {
		ids = append(ids, r.user(fmt.Sprintf("u%d", i), nil, Extra{}))
		want[ids[i]] = true
	}
	r.group("large", nil, Extra{Members: ids})
	r.group("small", nil, Extra{Members: ids[:1]})
	rows, _ := r.round("/v1.0/groups/delta?$select=members")
	if len(rows) < 4 {
		t.Fatalf("%d rows", len(rows))
	}
	seen := map[string]int{}
	for _, row := range rows {
		for _, m := range row["members@delta"].([]any) {
			seen[m.(map[string]any)["id"].(string)]++
		}
	}
	same(t, "members", len(want), len(seen))
	same(t, "the first is in both groups", 2, seen[ids[0]])
}

func TestRule8DeltaTokens(t *testing.T) {
	r := newRig(t, Options{})
	ann := r.user("ann", nil, Extra{})
	rows, link := r.round("/v1.0/users/delta?$deltatoken=latest&$select=displayName")
	same(t, "latest", 0, len(rows))
	r.do(204, "PATCH", "/v1.0/users/"+ann, `{"displayName":"Anna"}`)
	for range 2 {
		rows, _ = r.round(link)
		same(t, "a token can be used again", 1, len(rows))
	}
	var state strings.Builder
	if err := r.tenant.SaveState(&state); err != nil {
		t.Fatal(err)
	}
	other := newRig(t, Options{})
	if err := other.tenant.LoadState(strings.NewReader(state.String())); err != nil {
		t.Fatal(err)
	}
	other.renew()
	rows, _ = other.round(link)
	same(t, "tokens outlive a restart", 1, len(rows))

	r.tenant.AdvanceClock(changeLife - time.Second)
	r.renew()
	r.round(link)
	r.tenant.AdvanceClock(time.Second)
	r.renew()
	a := r.refused(410, "resyncRequired", "Resync required. The delta token has expired; start again without it.", "GET", link, "")
	same(t, "location", "https://graph.example/v1.0/users/delta?$deltatoken=", a.header.Get("Location"))
	rows, _ = r.round(strings.TrimPrefix(a.header.Get("Location"), "https://graph.example"))
	same(t, "resync", 1, len(rows))
	r.do(400, "GET", "/v1.0/groups/delta?"+strings.SplitN(link, "?", 2)[1], "")
	r.do(400, "GET", "/v1.0/users/delta?$deltatoken=x", "")
	for _, option := range []string{"$top=5", "$orderby=displayName", "$expand=manager", "$filter=displayName eq 'a'"} {
		r.do(400, "GET", "/v1.0/users/delta?"+option, "")
	}
	rows, _ = r.round("/v1.0/users/delta?$filter=id eq '" + ann + "'")
	same(t, "by id", 1, len(rows))
}

func TestRule8DeltaPagesReplayAndRepeat(t *testing.T) {
	r := newRig(t, Options{})
	for i := range 5 {
		r.user(fmt.Sprintf("u%d", i), nil, Extra{})
	}
	a := r.do(200, "GET", "/v1.0/users/delta?$select=id", "", "Prefer", "odata.maxpagesize=2")
	same(t, "page", 2, len(a.values()))
	next := strings.TrimPrefix(a.body["@odata.nextLink"].(string), "https://graph.example")
	same(t, "a page can be read again", r.do(200, "GET", next, "").raw, r.do(200, "GET", next, "").raw)
	if err := r.tenant.AddFault(Fault{Action: Repeat, Path: "delta", Times: -1}); err != nil {
		t.Fatal(err)
	}
	rows, _ := r.round("/v1.0/users/delta?$select=id", "Prefer", "odata.maxpagesize=2")
	same(t, "rows", 8, len(rows))
	same(t, "objects", 5, len(byKey(rows)))
}

func TestDeltaShowsNewObjectsOnceTheyAreReplicated(t *testing.T) {
	r := newRig(t, Options{})
	_, link := r.round("/v1.0/users/delta?$select=displayName")
	if err := r.tenant.AddFault(Fault{Action: Lag, Method: "POST", Seconds: 60}); err != nil {
		t.Fatal(err)
	}
	id := r.do(201, "POST", "/v1.0/users", newUser("ann", "")).body["id"]
	rows, link := r.round(link)
	same(t, "at once", 0, len(rows))
	r.tenant.AdvanceClock(time.Minute)
	rows, _ = r.round(link)
	same(t, "a minute later", []map[string]any{{"id": id, "displayName": "ann"}}, rows)
}

func TestContactsAreReadOnly(t *testing.T) {
	r := newRig(t, Options{Lenient: true})
	id, err := r.tenant.AddContact(Properties{"displayName": "Pat", "mail": "pat@fabrikam.example"}, Extra{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "mail", []any{"pat@fabrikam.example"}, r.do(200, "GET", "/v1.0/contacts", "").column("mail"))
	same(t, "addresses", []any{"SMTP:pat@fabrikam.example"}, r.do(200, "GET", "/v1.0/contacts/"+id, "").body["proxyAddresses"])
	same(t, "by address", 1, len(r.do(200, "GET", "/v1.0/contacts?$filter=proxyAddresses/any(p:p eq 'smtp:pat@fabrikam.example')", "").values()))
	for _, method := range []string{"PATCH", "DELETE", "PUT"} {
		r.do(405, method, "/v1.0/contacts/"+id, `{}`)
	}
	r.do(405, "POST", "/v1.0/contacts", `{}`)
	rows, link := r.round("/v1.0/contacts/delta?$select=displayName")
	same(t, "delta", []map[string]any{{"id": id, "displayName": "Pat"}}, rows)
	if err := r.tenant.RemoveObject(id); err != nil {
		t.Fatal(err)
	}
	rows, _ = r.round(link)
	same(t, "removed", []map[string]any{{"id": id, "@removed": removed("deleted")}}, rows)
	sec, m365 := r.group("s", nil, Extra{}), r.group("m", unifiedGroup(), Extra{})
	pat, err := r.tenant.AddContact(Properties{"displayName": "Pat", "mail": "pat@fabrikam.example"}, Extra{})
	if err != nil {
		t.Fatal(err)
	}
	r.do(204, "POST", "/v1.0/groups/"+sec+"/members/$ref", ref(pat))
	r.do(400, "POST", "/v1.0/groups/"+m365+"/members/$ref", ref(pat))
}
