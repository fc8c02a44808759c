package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/selection"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/undo"
)

func undoCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "undo",
		Usage:     "make the plan that takes a run back",
		ArgsUsage: "RUN",
		Description: "Nothing is written to the tenant: the plan is reviewed, approved and applied like any other, by the same guards, and its run\n" +
			"can be taken back again. What cannot be taken back is listed with its reason, and so is what somebody changed since.\n" +
			"Where policies and directory still want what the run did, the next plan proposes it again: change them first.",
		Flags: []cli.Flag{configFlag, outputFlag, fullFlag, signFlag,
			&cli.StringFlag{Name: "out", Value: "undo.plan", Usage: "write the plan to this `FILE`"},
			&cli.StringFlag{Name: "plan", Usage: "the plan `FILE` of the run, where its copy beside the store is gone"}},
		Action: func(x *cli.Context) error {
			form, err := called(x, "RUN")
			if err != nil {
				return err
			}
			path := x.String("out")
			if err := planAt(path); err != nil {
				return err
			}
			if err := keyIsThere(x.String(signFlag.Name)); err != nil {
				return err
			}
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			r, older, err := s.runToUndo(x.Context, x.Args().First(), x.String("plan"))
			if err != nil {
				return err
			}
			defer older.Close() // read only
			m, digest, err := s.undo(x.Context, r, older, path)
			if err != nil {
				return err
			}
			if err := s.signPlan(path, digest, x.String(signFlag.Name)); err != nil {
				return err
			}
			f, err := openPlan(path)
			if err != nil {
				return err
			}
			defer f.Close() // read only
			s.progress.clear()
			if form {
				return errors.Join(report.PlanJSON(s.out, f), planOutcome(m, false, false))
			}
			return errors.Join(report.Plan(s.out, f, planOptions(c, path, x)), planOutcome(m, false, false))
		},
	}
}

// runToUndo finds a run and the plan that it carried out.
func (s *session) runToUndo(ctx context.Context, name, file string) (journal.Run, *plan.File, error) {
	r, err := s.runNamed(ctx, name)
	if err != nil {
		return r, nil, err
	}
	if r.Plan == "" || r.State == journal.Running {
		return r, nil, mark(errRefused, fmt.Errorf("run %s is %s and has nothing to take back", r.ID, r.State))
	}
	switch n, err := s.store.Counts(ctx, r.ID); {
	case err != nil:
		return r, nil, err
	case n.Reached() == 0: // nor need its plan be kept
		return r, nil, mark(errNotFound, fmt.Errorf("run %s changed nothing in the tenant: there is nothing to undo; coexist runs list has the others", r.ID))
	}
	if file == "" {
		file = s.keptPlan(r.Plan)
	}
	f, err := plan.Open(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, nil, mark(errNotFound, fmt.Errorf("the plan of run %s is not kept beside the store any more; name its file with --plan", r.ID))
	case err != nil:
		return r, nil, err
	case f.Digest() != r.Plan:
		return r, nil, errors.Join(mark(errRefused, fmt.Errorf("%s is not the plan of run %s, which is %s", file, r.ID, r.Plan)), f.Close())
	}
	return r, f, nil
}

// undo makes the plan.
func (s *session) undo(ctx context.Context, r journal.Run, older *plan.File, path string) (m plan.Manifest, digest string, err error) {
	was := older.Manifest()
	if !directory.EqualFold(was.Tenant.ID, s.cfg.Tenant.ID) {
		return m, "", mark(errRefused, coded("plan.tenant", "run %s was in tenant %s, and %s names tenant %s", r.ID, was.Tenant.ID, s.cfg.Path, s.cfg.Tenant.ID))
	}
	in, err := s.undoInputs(ctx, r, older)
	if err != nil {
		return m, "", err
	}
	w, err := plan.CreateFile(path)
	if err != nil {
		return m, "", err
	}
	defer w.Abort()
	for _, f := range s.policies.Files() {
		if err := w.File(f.Path, f.Bytes); err != nil {
			return m, "", err
		}
	}
	if m, err = undo.Make(ctx, in, w); errors.Is(err, undo.ErrUnsettled) {
		return m, "", mark(errRefused, fmt.Errorf("%w; carry the run on first with coexist apply --resume %s", err, r.ID))
	}
	if err != nil {
		return m, "", err
	}
	digest, err = w.Close(m)
	return m, digest, err
}

// undoInputs reads the sources and gathers what the undo of a run is made from.
func (s *session) undoInputs(ctx context.Context, r journal.Run, older *plan.File) (undo.Inputs, error) {
	in := undo.Inputs{Run: r, Changes: older.Changes(), Entries: s.store.Entries(ctx, r.ID), Ledger: s.store, Limits: s.cfg.Guards}
	list, err := s.sources()
	if err != nil {
		return in, err
	}
	if in.Targets, err = s.readers(); err != nil {
		return in, err
	}
	snap, err := s.read(ctx, list, s.policies)
	if err != nil {
		return in, err
	}
	now := s.now()
	in.Base = plan.Manifest{By: who().User, Created: now.UTC(), AsOf: now.UTC(), Expires: now.Add(planLife).UTC(),
		Engine: plan.Engine{Version: version, Expr: exprVersion()}, Offline: offline(list),
		Policy: plan.Policy{Digest: s.policies.Digest(), Git: s.git(ctx)}}
	for _, f := range s.policies.Files() {
		in.Base.Policy.Files = append(in.Base.Policy.Files, f.Path)
	}
	for _, src := range snap.Sources() {
		in.Base.Sources = append(in.Base.Sources, sourceOf(src))
	}
	if !in.Base.Offline {
		if in.Source, err = s.sourceNow(ctx, snap, in.Base); err != nil {
			return in, err
		}
	}
	if err := s.restrictUndo(&in, snap); err != nil {
		return in, err
	}
	if in.Recent, _, err = s.past(ctx); err != nil {
		return in, err
	}
	for row, err := range s.store.Rows(ctx) {
		if err != nil {
			return in, err
		}
		if row.Owned() {
			in.Managed++
		}
	}
	in.Protected, err = s.cfg.Protected.Over(snap)
	return in, err
}

func sourceOf(s snapshot.Source) plan.Source {
	out := plan.Source{Name: s.Name, Server: s.Server, TakenAt: s.TakenAt.UTC(), HighestUSN: s.HighestUSN, Missing: s.MissingAttrs}
	for _, sc := range s.Scopes {
		out.Objects += sc.Objects
	}
	return out
}

// sourceNow gives the fingerprints of the source's objects as apply will hold them against.
func (s *session) sourceNow(ctx context.Context, snap *snapshot.Snapshot, m plan.Manifest) (func(context.Context, directory.Anchor) (string, bool, error), error) {
	priors, err := engine.ReadPriors(ctx, s.store, snap)
	if err != nil {
		return nil, err
	}
	look, err := engine.Reconsider(snap, s.policies, priors, m.AsOf)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a directory.Anchor) (string, bool, error) {
		fingerprint, err := look(ctx, a)
		return fingerprint, !engine.InDoubt(fingerprint), err
	}, nil
}

// restrictUndo keeps an undo inside of the pilot.
func (s *session) restrictUndo(in *undo.Inputs, snap *snapshot.Snapshot) error {
	chosen, err := s.choose(selection.Wish{}, snap)
	if err != nil || chosen == nil {
		return err
	}
	in.Base.Selection, in.Base.Pilot = chosen.Describe, chosen.Pilot
	in.Selected = func(a directory.Anchor) bool {
		i, ok := snap.ByAnchor(a)
		return ok && chosen.Has(snap.At(i))
	}
	return nil
}
