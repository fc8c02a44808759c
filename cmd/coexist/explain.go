package main

import (
	"context"
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
	"github.com/coexistsync/coexist/rules"
)

func explainCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say what the policies want of one object, by which rules, and what a plan would do",
		ArgsUsage: "OBJECT",
		Description: "OBJECT is a distinguished name, userPrincipalName, sAMAccountName or objectGUID.\n" +
			"With --decision only that decision is explained, and the tenant is not read.",
		Flags: []cli.Flag{configFlag, outputFlag, fullFlag, asOfFlag, &cli.StringFlag{Name: "decision", Usage: "explain only this `DECISION`, such as licenses"}},
		Action: func(x *cli.Context) error {
			if err := arguments(x, "OBJECT"); err != nil {
				return err
			}
			form, err := output(x)
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
	if err != nil {
		return none, notFound(err)
	}
	d, err := engine.NewDecider(snap, s.policies, at)
	if err != nil {
		return none, err
	}
	e := report.Explanation{Object: nameOf(snap, i), AsOf: at, When: conditions(s.policies)}
	ev := d.Evaluator()
	e.Decisions = ev.Explain(d.Input(i))
	out := ev.Evaluate(d.Input(i))
	e.Policy, e.ScopeErr = out.Policy, out.ScopeErr
	if decision == "" {
		return e, s.compare(ctx, &e, snap, i, list, at)
	}
	known := slices.Clone(e.Decisions)
	e.Decisions = slices.DeleteFunc(e.Decisions, func(t rules.DecisionTrace) bool { return t.Name != decision })
	if len(e.Decisions) == 0 && e.Policy != "" {
		return none, usagef("option --decision: policy %s decides %s", e.Policy, strings.Join(decisionNames(known), ", "))
	}
	return e, nil
}

func decisionNames(list []rules.DecisionTrace) []string {
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

// conditions gives each rule's condition as written.
func conditions(set *rules.Set) map[string]string {
	out := map[string]string{}
	for _, p := range set.Policies() {
		for _, d := range p.Decisions {
			for _, r := range d.Rules {
				out[r.Origin.Rule] = r.When
			}
		}
	}
	return out
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
