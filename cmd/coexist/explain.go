package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/selection"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/rules/trace"
)

func explainCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say what the policies want of one object, by which rules, and what a plan would do",
		ArgsUsage: "OBJECT",
		Description: "OBJECT is a distinguished name, userPrincipalName, sAMAccountName or objectGUID.\n" +
			"With --decision only that decision is explained, and the tenant is not read.\n" +
			"Of an object that no policy takes, the scopes say why. One that was not read is looked for in the directory; exit code 11.",
		Flags: []cli.Flag{configFlag, outputFlag, fullFlag, asOfFlag, &cli.StringFlag{Name: "decision", Usage: "explain only this `DECISION`, such as licenses"}},
		Action: func(x *cli.Context) error {
			form, err := called(x, "OBJECT")
			if err != nil {
				return err
			}
			if strings.TrimSpace(x.Args().First()) == "" {
				return usagef("OBJECT is empty")
			}
			at, _, err := asOf(x, c)
			if err != nil {
				return err
			}
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			e, err := s.explain(x.Context, x.Args().First(), x.String("decision"), at)
			if err != nil {
				return err
			}
			c.progress.clear()
			if form {
				return report.ExplainJSON(c.out, e)
			}
			o := c.options()
			o.Full = x.Bool(fullFlag.Name)
			return report.Explain(c.out, e, o)
		},
	}
}

// explain decides about one object with a trace, and compares it with the tenant unless only one decision is asked for.
func (s *session) explain(ctx context.Context, name, decision string, at time.Time) (report.Explanation, error) {
	var none report.Explanation
	list, err := s.sources()
	if err != nil {
		return none, err
	}
	snap, err := s.read(ctx, list, s.policies)
	if err != nil {
		return none, err
	}
	i, err := selection.One(snap, name)
	if errors.Is(err, selection.ErrNotFound) {
		return none, notFound(s.whereabouts(ctx, list, name, err))
	}
	if err != nil {
		return none, notFound(err)
	}
	d, err := engine.NewDecider(snap, s.policies, at)
	if err != nil {
		return none, err
	}
	t, err := trace.New(s.policies, snap.Schema(), at)
	if err != nil {
		return none, err
	}
	made := t.Trace(d.Input(i))
	e := report.Explanation{Object: nameOf(snap, i), AsOf: at, Policy: made.Policy, ScopeErr: made.ScopeErr, Scopes: made.Scopes, Decisions: made.Decisions}
	if src, sc, err := snap.ScopeOf(i); err == nil {
		e.Source, e.OU, e.Filter = src.Name, sc.OU, sc.Filter
	}
	e.Outside = s.outside(snap, i)
	if decision == "" {
		return e, s.compare(ctx, &e, snap, i, list, at)
	}
	known := slices.Clone(e.Decisions)
	e.Decisions = slices.DeleteFunc(e.Decisions, func(t trace.Decision) bool { return t.Name != decision })
	if len(e.Decisions) == 0 && e.Policy != "" {
		return none, usagef("option --decision: policy %s decides %s", e.Policy, strings.Join(decisionNames(known), ", "))
	}
	return e, nil
}

// outside says why no plan touches an object although it was read: a pilot group that it is not in; "" when it is.
func (s *session) outside(snap *snapshot.Snapshot, i int) string {
	if s.cfg.Pilot == "" {
		return ""
	}
	chosen, err := s.choose(selection.Wish{}, snap)
	switch {
	case err != nil:
		return err.Error()
	case !chosen.Has(snap.At(i)):
		return "it is not in the pilot group " + s.cfg.Pilot + ", outside of which nothing is changed"
	}
	return ""
}

// whereabouts says where the directories have an object that was not read, and why it was not.
func (s *session) whereabouts(ctx context.Context, list []source, name string, missing error) error {
	if aside := new(selection.AsideError); errors.As(missing, &aside) {
		return missing
	}
	var seen []string
	asked := 0
	for _, x := range list {
		f, ok := x.importer.(connector.Finder)
		if !ok {
			continue
		}
		asked++
		found, err := f.Find(ctx, name)
		if err != nil {
			return mark(errSource, err)
		}
		for _, o := range found {
			seen = append(seen, sighting(x, o))
		}
	}
	switch {
	case len(seen) > 0:
		return fmt.Errorf("%w: %s", missing, strings.Join(seen, "; "))
	case asked > 0:
		return fmt.Errorf("%w, nor found anywhere else in it; what the account may not read looks the same", missing)
	}
	return fmt.Errorf("%w; a file holds no more than what was read into it", missing)
}

// sighting says where a directory has an object, and why it is not read from there.
func sighting(x source, o connector.Found) string {
	at := x.Name + " has " + o.DN
	switch {
	case o.Deleted:
		return at + ", which is deleted"
	case o.OtherKind:
		return at + ", which is no user, contact or group"
	case o.Read:
		return at + ", which its scope reads: it came there since, so run it again"
	case o.Scope != "":
		return fmt.Sprintf("%s, and the filter %s of scope %s leaves it out", at, o.Filter, o.Scope)
	}
	var ous []string
	for _, sc := range x.Scope {
		ous = append(ous, sc.OU)
	}
	return fmt.Sprintf("%s, outside the scopes that coexist.yaml names: %s", at, strings.Join(ous, "; "))
}

func decisionNames(list []trace.Decision) []string {
	out := make([]string, len(list))
	for i, d := range list {
		out[i] = d.Name
	}
	return out
}

// nameOf names an object of the snapshot.
func nameOf(snap *snapshot.Snapshot, i int) plan.Object {
	o := snap.At(i)
	n := o.First(directory.AttrDisplayName)
	if n == "" {
		n = o.First(directory.AttrCN)
	}
	return plan.Object{Anchor: snap.Anchor(i), Kind: o.Kind.String(), Name: n, UPN: o.First(directory.AttrUserPrincipalName), DN: o.DN(), GUID: o.GUID.String()}
}

// collected keeps a small plan in memory.
type collected struct{ e *report.Explanation }

// Change implements engine.Sink.
func (s collected) Change(c plan.Change) error { s.e.Changes = append(s.e.Changes, c); return nil }

// Skip implements engine.Sink. Skips of objects without an anchor of their own come whatever is selected.
func (s collected) Skip(k plan.Skip) error {
	if k.Object.GUID == s.e.Object.GUID || k.Object.DN == s.e.Object.DN {
		s.e.Skips = append(s.e.Skips, k)
	}
	return nil
}

// compare adds what a plan of the object alone would hold. Nothing is remembered of it.
func (s *session) compare(ctx context.Context, e *report.Explanation, snap *snapshot.Snapshot, i int, list []source, at time.Time) error {
	targets, err := s.readers()
	if err != nil {
		return err
	}
	guid := snap.At(i).GUID
	m, err := engine.Plan(ctx, engine.Inputs{Snapshot: snap, Locator: locator(list), Targets: targets, Policies: s.policies, State: s.store,
		AsOf: at, Now: s.now(), Expiry: planLife, Guards: s.cfg.Guards, Offline: offline(list), Preview: true, Version: version, Expr: exprVersion(),
		Selection: &engine.Selection{Describe: fmt.Sprintf("object %s", guid), Has: func(o directory.Object) bool { return o.GUID == guid }},
		Names:     func(_ directory.GUID, n desired.Outlook) { e.Cloud = &n },
		Progress:  connector.Progress(s.progress.report)}, collected{e})
	if err != nil {
		return err
	}
	e.Compared, e.Names = true, report.Effect(m)
	return nil
}
