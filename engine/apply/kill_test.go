package apply_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
)

// The exit codes of a child that ended by itself; killed ones have others.
const (
	childHeld   = 8 // another process writes to the tenant
	childFailed = 9 // any other error
)

// The test binary plays the process that is killed: the tenant lives in the test, and is reached over loopback.
func TestMain(m *testing.M) {
	if os.Getenv("APPLY_TENANT") == "" {
		os.Exit(m.Run())
	}
	err := child(context.Background())
	var held *store.HeldError
	switch {
	case err == nil:
	case errors.As(err, &held):
		os.Exit(childHeld)
	default:
		if !errors.Is(err, store.ErrLeaseLost) {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(childFailed)
	}
}

// child applies the plan named in the environment, and kills itself where the environment says.
func child(ctx context.Context) error {
	f, err := plan.Open(os.Getenv("APPLY_PLAN"))
	if err != nil {
		return err
	}
	ahead, _ := time.ParseDuration(os.Getenv("APPLY_AHEAD"))
	s, err := store.Open(ctx, os.Getenv("APPLY_STORE"), store.Options{Now: func() time.Time { return time.Now().Add(ahead) }})
	if err != nil {
		return err
	}
	host := "h" + os.Getenv("APPLY_HOST")
	lease, err := s.Acquire(ctx, tenantID, journal.Who{Host: host, PID: os.Getpid()})
	var held *store.HeldError
	for os.Getenv("APPLY_COMPETE") != "" && errors.As(err, &held) {
		lease, err = s.Acquire(ctx, tenantID, journal.Who{Host: host, PID: os.Getpid()})
	}
	if err != nil {
		return err
	}
	at, _ := strconv.Atoi(os.Getenv("APPLY_KILL"))
	workers, _ := strconv.Atoi(os.Getenv("APPLY_WORKERS"))
	j := &suicidal{Journal: lease, at: at, late: os.Getenv("APPLY_WHERE") == "after", diary: os.Getenv("APPLY_DIARY")}
	if j.used, err = readDiary(j.diary); err != nil {
		return err
	}
	r, err := apply.Run(ctx, apply.Options{Plan: f, Targets: map[cloud.Directory]connector.Target{cloud.Entra: remote(os.Getenv("APPLY_TENANT"))},
		Journal: j, Ledger: s, Now: func() time.Time { return noon }, Sleep: func(context.Context, time.Duration) error { return nil }, Workers: workers})
	if reasonOf(err) == apply.AlreadyApplied {
		return nil
	}
	if err == nil && !r.Complete() {
		err = fmt.Errorf("not complete: %v", r.Failures)
	}
	return err
}

// suicidal is a journal whose process dies at its n-th write, or with a diary at the first write that stands in none.
type suicidal struct {
	apply.Journal
	mu     sync.Mutex
	writes int
	at     int
	late   bool
	diary  string          // file of the points at which processes died already; "" for none
	used   map[string]bool // what stands in it
}

func (j *suicidal) write(e journal.Entry, f func() error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.writes++
	point := point(e.Change, e.State)
	fatal := j.writes == j.at
	if j.diary != "" {
		fatal = !j.used[point]
	}
	if fatal && !j.late {
		j.die(point)
	}
	err := f()
	if fatal {
		j.die(point)
	}
	return err
}

// point names a write to the journal.
func point(change string, state journal.State) string { return change + " " + string(state) }

// readDiary gives the points at which processes died.
func readDiary(path string) (map[string]bool, error) {
	used := map[string]bool{}
	if path == "" {
		return used, nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return used, nil
	}
	for l := range strings.Lines(string(b)) {
		used[strings.TrimSuffix(l, "\n")] = true
	}
	return used, err
}

// die notes the point and kills the process.
func (j *suicidal) die(point string) {
	if j.diary != "" {
		f, err := os.OpenFile(j.diary, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(point + "\n")
		}
		if err != nil {
			panic(err)
		}
	}
	die()
}

// die kills the process as the operating system kills it: nothing is flushed, closed or deferred.
func die() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

func (j *suicidal) Record(ctx context.Context, e journal.Entry) error {
	return j.write(e, func() error { return j.Journal.Record(ctx, e) })
}

func (j *suicidal) Settle(ctx context.Context, e journal.Entry, u func(ledger.Row, bool) (ledger.Row, bool)) error {
	return j.write(e, func() error { return j.Journal.Settle(ctx, e, u) })
}

// call is one request to the tenant, and answer its answer.
type call struct {
	Method   string
	PID      int // of the process that asks
	Type     cloud.Type
	ID       string
	Names    []string
	Anchor   directory.Anchor
	Change   plan.Change
	Resolved map[directory.Anchor]string
}

type answer struct {
	Tenant cloud.Tenant
	Object cloud.Object
	ID     string
	Failed bool
	Kind   fault.Kind
	Text   string
}

// remote is a target at the other end of a connection.
type remote string

func (r remote) do(c call) (a answer, err error) {
	c.PID = os.Getpid()
	b, err := json.Marshal(c)
	if err != nil {
		return a, err
	}
	resp, err := http.Post(string(r), "application/json", bytes.NewReader(b))
	if err != nil {
		return a, &fault.Error{Kind: fault.Unknown, Op: c.Method, Err: err}
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return a, &fault.Error{Kind: fault.Unknown, Op: c.Method, Err: err}
	}
	if a.Failed {
		return a, &fault.Error{Kind: a.Kind, Op: c.Method, Err: errors.New(a.Text)}
	}
	return a, nil
}

func (r remote) Tenant(context.Context) (cloud.Tenant, error) {
	a, err := r.do(call{Method: "tenant"})
	return a.Tenant, err
}

func (r remote) Objects(context.Context, []string, func(cloud.Object) error) error {
	return errors.New("apply never reads all objects")
}

func (r remote) Current(_ context.Context, t cloud.Type, id string, names []string) (cloud.Object, error) {
	a, err := r.do(call{Method: "current", Type: t, ID: id, Names: names})
	return a.Object, err
}

func (r remote) ByAnchor(_ context.Context, t cloud.Type, an directory.Anchor) (cloud.Object, error) {
	a, err := r.do(call{Method: "anchor", Type: t, Anchor: an})
	return a.Object, err
}

func (r remote) Export(_ context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	resolved := map[directory.Anchor]string{}
	for _, a := range c.Attributes {
		for _, ref := range append(a.Add, a.Remove...) {
			if id, ok := resolve(ref); ok {
				resolved[ref.Anchor] = id
			}
		}
	}
	a, err := r.do(call{Method: "export", Change: c, Resolved: resolved})
	return a.ID, err
}

// serve answers for the tenant of a world. exported is told the number of each export once it took effect and before it is
// answered.
func serve(w *world, exported func(n int)) *httptest.Server {
	return serveAsked(w, func(call) {}, exported)
}

// serveAsked does the same, and tells asked of each export before it takes effect.
func serveAsked(w *world, asked func(call), exported func(n int)) *httptest.Server {
	var mu sync.Mutex
	n := 0
	return httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		var c call
		if err := json.NewDecoder(req.Body).Decode(&c); err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		var a answer
		var err error
		ctx := context.WithoutCancel(req.Context())
		switch c.Method {
		case "tenant":
			a.Tenant, err = w.target.Tenant(ctx)
		case "current":
			a.Object, err = w.target.Current(ctx, c.Type, c.ID, c.Names)
		case "anchor":
			a.Object, err = w.target.ByAnchor(ctx, c.Type, c.Anchor)
		case "export":
			asked(c)
			a.ID, err = w.target.Export(ctx, c.Change, func(r plan.Ref) (string, bool) {
				if r.ID != "" {
					return r.ID, true
				}
				id, ok := c.Resolved[r.Anchor]
				return id, ok
			})
			mu.Lock()
			n++
			exported(n)
			mu.Unlock()
		}
		if err != nil {
			a.Failed, a.Kind, a.Text = true, fault.KindOf(err), err.Error()
		}
		if err := json.NewEncoder(rw).Encode(a); err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	}))
}

// process starts a child on a plan. kill is the write to the journal at which it dies, 0 for none.
func (w *world) process(f *plan.File, tenant, where string, kill int) *exec.Cmd {
	w.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(w.t.Context(), exe)
	cmd.Env = append(os.Environ(), "APPLY_WORKERS=2", "APPLY_TENANT="+tenant, "APPLY_PLAN="+f.Path(), "APPLY_STORE="+w.path, "APPLY_WHERE="+where, "APPLY_KILL="+strconv.Itoa(kill))
	cmd.Stderr = os.Stderr
	return cmd
}

func TestKilledProcess(t *testing.T) {
	changes, f, want := undisturbed(t)
	step := 3
	if testing.Short() {
		step = 9
	}
	writes := 3 * len(changes)
	for where, last := range map[string]int{"before": writes, "after": writes, "unanswered": len(changes)} {
		t.Run(where, func(t *testing.T) {
			for n := 1; n <= last; n += step {
				w := newWorld(t)
				victim := make(chan *os.Process, 1)
				server := serve(w, func(export int) {
					if where == "unanswered" && export == n {
						(<-victim).Kill()
					}
				})
				kill := n
				if where == "unanswered" {
					kill = 0
				}
				cmd := w.process(f, server.URL, where, kill)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				victim <- cmd.Process
				if err := cmd.Wait(); err == nil {
					t.Fatalf("the process was not killed %s %d", where, n)
				}
				if err := w.process(f, server.URL, "", 0).Run(); err != nil {
					t.Fatalf("resumed after %s %d: %v", where, n, err)
				}
				server.Close()
				w.once(changes)
				if diff := cmp.Diff(want, w.shape()); diff != "" {
					t.Fatalf("killed %s %d (-unkilled +resumed)\n%s", where, n, diff)
				}
			}
		})
	}
}
