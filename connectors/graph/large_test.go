package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// crowd is one group of which it knows no more than which numbers are members, so that what memory is used is the
// connector's.
type crowd struct {
	member   []bool
	requests int
	most     uint64 // bytes of live heap, looked at now and then
}

const pageOfMembers = 999

func person(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// numberIn reads the number of the person whose id ends a URL.
func numberIn(url string) int {
	n, _ := strconv.Atoi(url[len(url)-12:])
	return n
}

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.requests++; c.requests%1000 == 0 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		c.most = max(c.most, m.HeapAlloc)
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Method == http.MethodPatch:
		var body struct {
			Members []string `json:"members@odata.bind"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.Members) > 20 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, m := range body.Members {
			c.member[numberIn(m)] = true
		}
		w.WriteHeader(http.StatusNoContent)
	case path.Base(r.URL.Path) == "$batch":
		c.batch(w, r)
	case strings.HasSuffix(r.URL.Path, "/members"):
		c.page(w, r)
	case path.Base(r.URL.Path) != groupID:
		fmt.Fprint(w, `{"value":[]}`) // who is an administrator, and what the cloud manages
	default:
		fmt.Fprintf(w, `{"id":%q,"securityEnabled":true,"mailEnabled":false,"groupTypes":[]}`, groupID)
	}
}

func (c *crowd) batch(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Requests []struct{ ID, Method, URL string }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var answers []string
	for _, q := range body.Requests {
		link, whole := strings.CutSuffix(q.URL, "/$ref")
		if q.Method != http.MethodDelete || !whole {
			answers = append(answers, fmt.Sprintf(`{"id":%q,"status":400}`, q.ID))
			continue
		}
		c.member[numberIn(link)] = false
		answers = append(answers, fmt.Sprintf(`{"id":%q,"status":204}`, q.ID))
	}
	fmt.Fprintf(w, `{"responses":[%s]}`, strings.Join(answers, ","))
}

func (c *crowd) page(w http.ResponseWriter, r *http.Request) {
	from, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
	var rows []string
	n := from
	for ; n < len(c.member) && len(rows) < pageOfMembers; n++ {
		if c.member[n] {
			rows = append(rows, fmt.Sprintf(`{"@odata.type":"#microsoft.graph.user","id":%q}`, person(n)))
		}
	}
	next := ""
	if n < len(c.member) {
		next = fmt.Sprintf(`"@odata.nextLink":"http://127.0.0.1:1/v1.0/groups/%s/members?$select=id&$top=999&$skiptoken=%d",`, groupID, n)
	}
	fmt.Fprintf(w, `{%s"value":[%s]}`, next, strings.Join(rows, ","))
}

// A group with as many members as Entra ID takes is filled, read and emptied by half, in memory that is that of the ids.
func TestAGroupOf250000Members(t *testing.T) {
	n := 250_000
	if testing.Short() {
		n = 25_000
	}
	c := &crowd{member: make([]bool, n)}
	now := &clock{t: time.Now().UTC()}
	g, err := graph.New(graph.Config{BaseURL: "http://127.0.0.1:1/v1.0", Credential: &tokens{}, Transport: inProcess{c}, Now: now.now, Sleep: now.sleep})
	if err != nil {
		t.Fatal(err)
	}
	refs := make([]plan.Ref, n)
	for i := range refs {
		refs[i] = plan.Ref{ID: person(i)}
	}
	members := func(a plan.Attribute) int {
		t.Helper()
		a.Name = "members"
		x := groupChange(plan.Members, cloud.SecurityGroup, a)
		x.Object.ID = groupID
		if _, err := g.Export(t.Context(), x, byID); err != nil {
			t.Fatal(err)
		}
		o, err := g.Current(t.Context(), cloud.SecurityGroup, groupID, []string{"members"})
		if err != nil {
			t.Fatal(err)
		}
		v := o.Get("members")
		return len(v.Texts())
	}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if got := members(plan.Attribute{Add: refs}); got != n {
		t.Errorf("%d members, want %d", got, n)
	}
	if got := members(plan.Attribute{Remove: refs[n/2:]}); got != n-n/2 {
		t.Errorf("%d members after half of them left, want %d", got, n-n/2)
	}
	used := int64(c.most) - int64(before.HeapAlloc)
	t.Logf("%d requests for %d additions, %d removals and two reads; %d MiB at most beside the plan", c.requests, n, n-n/2, used>>20)
	if used > int64(n)*400 { // the ids twice over, as texts of 36 letters with their headers
		t.Errorf("%d bytes of heap for each member", used/int64(n))
	}
	if least := n/20 + n/2/20 + 2*n/pageOfMembers; c.requests > least+least/20+20 {
		t.Errorf("%d requests, %d are the least", c.requests, least)
	}
}
