package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/cmd/coexist/internal/redact"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/internal/atomicfile"
)

// lastRuns is how many runs go into a bundle.
const lastRuns = 20

func diagnosticCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "diagnostic",
		Usage:     "write what support asks for into one file, without names and secrets",
		ArgsUsage: "FILE.zip",
		Description: "Version, configuration, what doctor says, the last runs, the store's schema and the policies' digests. No free text of a directory\n" +
			"or tenant goes in, and every name is replaced by a mark that is the same throughout this bundle and means nothing outside of it.\n" +
			"It is a zip of JSON files: read it before you pass it on.",
		Flags: []cli.Flag{configFlag, outputFlag, &cli.BoolFlag{Name: "offline", Usage: "connect to nothing; leave out what doctor says"}},
		Action: func(x *cli.Context) error {
			form, err := called(x, "FILE.zip")
			if err != nil {
				return err
			}
			path := x.Args().First()
			if _, err := os.Lstat(path); err == nil {
				return usagef("%s is there already", path)
			}
			b := &bundle{console: c, x: x, marks: redact.NewMarks()}
			made, err := b.write(path)
			if err != nil {
				return err
			}
			c.progress.clear()
			if form {
				return writeJSON(c, "coexist.diagnostic", "diagnostic", made)
			}
			_, err = fmt.Fprintf(c.out, "%s: %d bytes, sha256 %s\n", report.Safe(made.Path), made.Size, made.SHA256)
			for _, f := range made.Files {
				fmt.Fprintln(c.out, "  "+f)
			}
			return err
		},
	}
}

// bundled tells of a bundle that was written.
type bundled struct {
	Path   string   `json:"path"`
	Size   int64    `json:"size"`
	SHA256 string   `json:"sha256"`
	Files  []string `json:"files"`
}

// bundle gathers what support asks for. What cannot be gathered is told by its error's kind, and the rest goes in all the same.
type bundle struct {
	*console
	x     *cli.Context
	marks *redact.Marks
	cfg   *config.Config // nil where it does not load
}

// problem is an error without its text, which may name people.
type problem struct {
	Exit int    `json:"exitCode"`
	Code string `json:"code"`
	Kind string `json:"kind,omitempty"`
}

func problemOf(err error) *problem {
	if err == nil {
		return nil
	}
	exit := exitCode(err)
	p := &problem{Exit: exit, Code: wireCode(err, exit)}
	if k := fault.KindOf(err); k != 0 {
		p.Kind = k.String()
	}
	return p
}

// write makes the file, whole or not at all.
func (b *bundle) write(path string) (bundled, error) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	made := bundled{Path: path}
	for _, part := range []struct {
		name string
		make func(context.Context) (any, error)
	}{{"version.json", b.version}, {"configuration.json", b.configuration}, {"policies.json", b.policies}, {"store.json", b.store}, {"runs.json", b.runs}, {"doctor.json", b.doctor}} {
		v, err := part.make(b.x.Context)
		if cancelled := b.x.Context.Err(); cancelled != nil {
			return made, cancelled
		}
		text, failed := json.MarshalIndent(map[string]any{"content": v, "problem": problemOf(err)}, "", "  ")
		if failed != nil {
			return made, failed
		}
		w, failed := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: b.now().UTC()})
		if failed == nil {
			_, failed = w.Write(append(text, '\n'))
		}
		if failed != nil {
			return made, fmt.Errorf("write bundle: %w", failed)
		}
		made.Files = append(made.Files, part.name)
	}
	if err := z.Close(); err != nil {
		return made, fmt.Errorf("write bundle: %w", err)
	}
	sum := sha256.Sum256(buf.Bytes())
	made.Size, made.SHA256 = int64(buf.Len()), hex.EncodeToString(sum[:])
	f, err := atomicfile.Create(path)
	if err != nil {
		return made, usagef("write bundle: %w", err)
	}
	defer f.Abort()
	if _, err := f.Write(buf.Bytes()); err != nil {
		return made, fmt.Errorf("write bundle: %w", err)
	}
	return made, f.Commit()
}

func (b *bundle) version(context.Context) (any, error) {
	return map[string]any{"coexist": version, "expr": exprVersion(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
		"processors": runtime.NumCPU(), "at": b.now().UTC().Format(time.RFC3339)}, nil
}

// configuration gives coexist.yaml with a mark in the place of each value that is not one of the language's own words.
func (b *bundle) configuration(context.Context) (any, error) {
	text, err := os.ReadFile(b.x.String(configFlag.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, mark(errConfig, err)
	}
	if err != nil {
		return nil, err
	}
	words, err := config.Schema().JSON("config")
	if err != nil {
		return nil, err
	}
	shown, err := b.marks.YAML(text, words)
	if err != nil {
		return nil, mark(errConfig, err)
	}
	b.cfg, err = load(b.x)
	return shown, err
}

// missing says that the configuration did not load, so that what hangs on it cannot be told.
var missing = mark(errConfig, errors.New("the configuration does not load"))

func (b *bundle) policies(context.Context) (any, error) {
	if b.cfg == nil {
		return nil, missing
	}
	set, err := loadPolicies(b.cfg.Policies)
	if err != nil {
		return nil, err
	}
	type file struct {
		Name   string `json:"name"`
		Bytes  int    `json:"bytes"`
		SHA256 string `json:"sha256"`
	}
	list := []file{}
	for _, f := range set.Files() {
		sum := sha256.Sum256(f.Bytes)
		list = append(list, file{b.marks.Of(f.Path), len(f.Bytes), hex.EncodeToString(sum[:])})
	}
	return map[string]any{"digest": set.Digest(), "files": list}, nil
}

// withStore gives the store that is there to look.
func (b *bundle) withStore(ctx context.Context, look func(*session) error) error {
	if b.cfg == nil {
		return missing
	}
	s := &session{console: b.console, cfg: b.cfg}
	if err := s.openStored(ctx, store.Options{Existing: true}); err != nil {
		return err
	}
	defer s.close()
	return look(s)
}

func (b *bundle) store(ctx context.Context) (any, error) {
	out := map[string]any{"schema": store.Newest()}
	err := b.withStore(ctx, func(s *session) error {
		for name, suffix := range map[string]string{"bytes": "", "bytesOfLog": "-wal"} {
			if st, err := os.Stat(b.cfg.Store + suffix); err == nil {
				out[name] = st.Size()
			}
		}
		tasks := map[string]int{}
		for t, err := range s.store.AllTasks(ctx) {
			if err != nil {
				return err
			}
			tasks[string(t.State)]++
		}
		managed := map[string]int{}
		for r, err := range s.store.Rows(ctx) {
			if err != nil {
				return err
			}
			managed[string(r.Type)]++
		}
		list, err := s.store.Halts(ctx)
		out["tasks"], out["managed"], out["halted"] = tasks, managed, len(list) > 0 && list[0].Lifted.IsZero()
		return err
	})
	return out, err
}

// ran is a run without names and texts. Request ids stay: Microsoft's support asks for them, and they name nobody.
type ran struct {
	ID        string            `json:"id"`
	Mode      string            `json:"mode"`
	State     journal.RunState  `json:"state"`
	Engine    string            `json:"engine,omitempty"`
	Plan      string            `json:"plan,omitempty"`
	Host      string            `json:"host"`
	User      string            `json:"user"`
	Changes   int               `json:"changes"`
	Counts    journal.Counts    `json:"counts"`
	Started   time.Time         `json:"started"`
	Finished  time.Time         `json:"finished,omitzero"`
	Progress  *journal.Progress `json:"progress,omitempty"`
	Overrides []string          `json:"overrides,omitempty"` // guards
	Stopped   bool              `json:"askedToStop,omitempty"`
	Troubles  []trouble         `json:"troubles,omitempty"`
}

// trouble is how changes that had no effect went wrong, and one request of them.
type trouble struct {
	Action    string `json:"action"`
	Directory string `json:"directory"`
	State     string `json:"state"`
	Kind      string `json:"kind,omitempty"`
	Changes   int    `json:"changes"`
	RequestID string `json:"requestId,omitempty"`
}

func (b *bundle) runs(ctx context.Context) (any, error) {
	out := []ran{}
	err := b.withStore(ctx, func(s *session) error {
		list, err := s.store.Runs(ctx, lastRuns)
		if err != nil {
			return err
		}
		for _, r := range list {
			counts, err := s.store.Counts(ctx, r.ID)
			if err != nil {
				return err
			}
			row := ran{ID: r.ID, Mode: r.Mode, State: r.State, Engine: r.Engine, Plan: r.Plan, Host: b.marks.Of(r.By.Host), User: b.marks.Of(r.By.User), Changes: r.Changes,
				Counts: counts, Started: r.Started, Finished: r.Finished, Progress: r.Progress, Stopped: r.Stop != nil}
			for _, o := range r.Overrides {
				row.Overrides = append(row.Overrides, b.marks.Plain(o.Guard))
			}
			if row.Troubles, err = b.troubles(ctx, s, r.ID); err != nil {
				return err
			}
			out = append(out, row)
		}
		return nil
	})
	return out, err
}

// troubles counts the changes of a run that had no effect.
func (b *bundle) troubles(ctx context.Context, s *session, run string) ([]trouble, error) {
	var out []trouble
	at := map[trouble]int{}
	for e, err := range s.store.Entries(ctx, run) {
		if err != nil {
			return nil, err
		}
		if e.State.Succeeded() {
			continue
		}
		key := trouble{Action: string(e.Action), Directory: string(e.Directory), State: string(e.State), Kind: e.FaultKind}
		i, known := at[key]
		if !known {
			i = len(out)
			at[key], out = i, append(out, key)
		}
		out[i].Changes++
		if out[i].RequestID == "" {
			out[i].RequestID = redact.RequestID(e.RequestID)
		}
	}
	return out, nil
}

// doctor gives the checks with their outcome. What they say in words names servers and people, and is left out.
func (b *bundle) doctor(context.Context) (any, error) {
	if b.x.Bool("offline") {
		return "not asked", nil
	}
	type row struct {
		Where   string `json:"where"`
		Check   string `json:"check"`
		OK      bool   `json:"ok"`
		Warning bool   `json:"warning,omitempty"`
	}
	d := &doctor{console: b.console}
	err := d.examine(b.x)
	out := []row{}
	for _, f := range d.findings {
		where := f.Where
		if where != "tenant" && where != "exchange" {
			where = b.marks.Of(where)
		}
		out = append(out, row{where, b.marks.Plain(f.Check), f.OK, !f.OK && f.mark == nil})
	}
	return out, err
}
