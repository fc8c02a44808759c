package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/atomicfile"
)

// batchRows is how many mailboxes a batch may hold. Source: "CSV files for mailbox migration in Exchange Online".
const batchRows = 2000

func migrationBatchCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "migration-batch",
		Usage: "list the mailboxes that are to move to Exchange Online, and write the CSV that its migration batch takes",
		Description: "Exchange moves the content of mailboxes; coexist says which can move now: those on premises that the policies want in the cloud,\n" +
			"whose mail user carries their Exchange GUID and their address. Nothing is written to the tenant. The file has the one column\n" +
			"EmailAddress, for New-MigrationBatch -CSVData; beyond 2,000 rows, which is all that a batch takes, more files follow: batch-2.csv.",
		Flags: []cli.Flag{configFlag, outputFlag, objectsFlag, ouFlag, objectFlag,
			&cli.StringFlag{Name: "out", Value: "batch.csv", Usage: "write the batch to this `FILE`"}},
		Action: func(x *cli.Context) error {
			form, err := called(x)
			if err != nil {
				return err
			}
			r, err := requestOf(x, c)
			if err != nil {
				return err
			}
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			if !s.cfg.Tenant.Exchange {
				return mark(errConfig, fmt.Errorf("%s does not connect Exchange Online; set exchange: true below tenant", s.cfg.Path))
			}
			list, err := s.moves(x.Context, r)
			if err != nil {
				return err
			}
			return s.writeBatch(list, x.String("out"), form)
		},
	}
}

// move is a mailbox on premises that the policies want in the cloud.
type move struct {
	Name     string `json:"name"`
	DN       string `json:"distinguishedName"`
	GUID     string `json:"objectGUID"`
	Mailbox  string `json:"exchangeGuid"`
	Address  string `json:"emailAddress"`
	Licensed bool   `json:"licensed"`
	Moved    bool   `json:"moved"`           // it is in the cloud, and the directory says on premises still
	Lacks    string `json:"lacks,omitempty"` // why Exchange cannot move it yet
}

func (m *move) ready() bool { return !m.Moved && m.Lacks == "" }

// nowhere is a sink for a plan of which only what is told on the way counts.
type nowhere struct{}

// Change implements engine.Sink.
func (nowhere) Change(plan.Change) error { return nil }

// Skip implements engine.Sink.
func (nowhere) Skip(plan.Skip) error { return nil }

// moves compares directory and tenant, and gives the mailboxes that are to move, by distinguished name.
func (s *session) moves(ctx context.Context, r request) ([]move, error) {
	in, err := s.inputs(ctx, r)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	list := []move{}
	in.Preview = true // nothing is remembered of it
	in.Mailboxes = func(b engine.OnPremises) {
		if !b.Moves() {
			return
		}
		m := move{Name: b.Name, DN: b.DN, GUID: b.GUID.String(), Mailbox: b.Mailbox, Address: b.Address, Licensed: b.Licensed, Moved: b.Moved()}
		if !m.Moved {
			m.Lacks = cmp.Or(b.Lacks(), unfit(b.Address))
		}
		mu.Lock()
		defer mu.Unlock()
		list = append(list, m)
	}
	if _, err := engine.Plan(ctx, in, nowhere{}); err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b move) int { return strings.Compare(a.DN, b.DN) })
	return list, nil
}

// unfit says why an address is not written into a CSV file: a spreadsheet, in which people look at it, would run it.
func unfit(address string) string {
	if strings.ContainsAny(address[:min(1, len(address))], "=+-@") {
		return "a spreadsheet would take its address for a formula; move it by name"
	}
	return ""
}

// writeBatch writes the files of the batch, and says what is in them and what is not.
func (s *session) writeBatch(list []move, path string, json bool) error {
	var ready, left, moved []move
	for _, m := range list {
		switch {
		case m.ready():
			ready = append(ready, m)
		case m.Moved:
			moved = append(moved, m)
		default:
			left = append(left, m)
		}
	}
	var files []string
	for part := range slices.Chunk(ready, batchRows) {
		name := numbered(path, len(files)+1)
		if err := writeAddresses(name, part); err != nil {
			return err
		}
		files = append(files, name)
	}
	s.progress.clear()
	var err error
	if json {
		err = writeJSON(s.console, "coexist.migrationBatch", "batch", map[string]any{"files": append([]string{}, files...), "mailboxes": list})
	} else {
		err = s.sayBatch(ready, left, moved, files)
	}
	if err == nil && len(left) > 0 {
		return mark(errPartial, errors.New(counted(len(left), "mailbox", "mailboxes")+" cannot move yet"))
	}
	return err
}

// numbered gives the name of the n-th file: batch.csv, batch-2.csv and so on.
func numbered(path string, n int) string {
	if n == 1 {
		return path
	}
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
}

func writeAddresses(path string, list []move) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	w := csv.NewWriter(f)
	w.UseCRLF = true
	rows := [][]string{{"EmailAddress"}}
	for _, m := range list {
		rows = append(rows, []string{m.Address})
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return f.Commit()
}

// sayBatch writes the batch for people.
func (s *session) sayBatch(ready, left, moved []move, files []string) error {
	var b strings.Builder
	switch {
	case len(ready)+len(left)+len(moved) == 0:
		b.WriteString("The policies want no mailbox moved: none that is on premises shall be a user's mailbox in the cloud.\n")
	case len(ready) == 0:
		b.WriteString("No mailbox can move yet.\n")
	default:
		fmt.Fprintf(&b, "%s can move; wrote %s.\n", counted(len(ready), "mailbox", "mailboxes"), report.Safe(strings.Join(files, ", ")))
	}
	bare := slices.DeleteFunc(slices.Clone(ready), func(m move) bool { return m.Licensed })
	section(&b, "Without a licence, which a moved mailbox needs within 30 days", bare, func(m move) string { return "" })
	section(&b, "Left out", left, func(m move) string { return m.Lacks })
	section(&b, "In the cloud already; the directory does not say so yet", moved, func(m move) string { return "" })
	_, err := s.out.Write([]byte(b.String()))
	return err
}

// section lists mailboxes under a heading, with what is to say of each.
func section(b *strings.Builder, heading string, list []move, say func(move) string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", heading)
	for _, m := range list {
		fmt.Fprintf(b, "  %s <%s>", report.Safe(m.Name), report.Safe(m.Address))
		if text := say(m); text != "" {
			fmt.Fprintf(b, ": %s", report.Safe(text))
		}
		b.WriteString("\n")
	}
}
