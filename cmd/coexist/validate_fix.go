package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/internal/atomicfile"
)

// The files of a fix plan.
const (
	fixesFile      = "fixes.ldif"       // what nobody has to look at
	fixesUndoFile  = "fixes-undo.ldif"  // and the values before
	reviewFile     = "review.ldif"      // what somebody has to look at
	reviewUndoFile = "review-undo.ldif" // and the values before
	fixesPlan      = "fixes.plan"       // the first, to be shown and approved
)

// fixFolder makes the folder of a fix plan. One that holds anything is not written to: an undo file of another day is worth
// more than a new one.
func fixFolder(path string) error {
	list, err := os.ReadDir(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = os.MkdirAll(path, 0o700)
	case err == nil && len(list) > 0:
		return usagef("option --fix-plan: folder %s is not empty; name a new one", path)
	}
	if err != nil {
		return usagef("option --fix-plan: %w", err)
	}
	return nil
}

// writeFixes writes what the findings propose.
func (s *session) writeFixes(dir string, mends []validate.Mend, snap *snapshot.Snapshot, in validate.Input) error {
	var safe, doubtful []validate.Mend
	for _, m := range mends {
		if m.Safe {
			safe = append(safe, m)
		} else {
			doubtful = append(doubtful, m)
		}
	}
	for _, f := range []struct {
		name string
		list []validate.Mend
		undo bool
	}{{fixesFile, safe, false}, {fixesUndoFile, safe, true}, {reviewFile, doubtful, false}, {reviewUndoFile, doubtful, true}} {
		if len(f.list) == 0 {
			continue
		}
		if err := writeWhole(filepath.Join(dir, f.name), func(w io.Writer) error { return report.FixesLDIF(w, f.list, f.undo) }); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	path := filepath.Join(dir, fixesPlan)
	if err := s.writeFixPlan(path, safe, doubtful, snap, in); err != nil {
		return err
	}
	s.say("%s in %s: coexist show %s, then ldifde -i -f %s, or ldapmodify; %s takes them back", counted(len(safe), "value can be mended as it is", "values can be mended as they are"),
		report.Safe(dir), report.Safe(path), fixesFile, fixesUndoFile)
	if len(doubtful) > 0 {
		s.say("%s to be looked at: %s, taken back by %s", counted(len(doubtful), "value is", "values are"), reviewFile, reviewUndoFile)
	}
	return nil
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(path string, write func(io.Writer) error) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := write(f); err != nil {
		return err
	}
	return f.Commit()
}

// writeFixPlan writes the values that can be mended as a plan for Active Directory, and those to be looked at as what it
// leaves alone.
func (s *session) writeFixPlan(path string, safe, doubtful []validate.Mend, snap *snapshot.Snapshot, in validate.Input) error {
	w, err := plan.CreateFile(path)
	if err != nil {
		return err
	}
	defer w.Abort()
	for _, f := range s.policies.Files() {
		if err := w.File(f.Path, f.Bytes); err != nil {
			return err
		}
	}
	objects := map[string]bool{}
	for len(safe) > 0 {
		n := 1
		for n < len(safe) && safe[n].Object.DN == safe[0].Object.DN {
			n++
		}
		if c, ok := fixChange(safe[:n], snap); ok {
			err = w.Change(c)
		} else {
			err = w.Skip(plan.Skip{Object: safe[0].Object, Reason: plan.NoAnchor, Detail: "it has no anchor of its own; " + fixesFile + " mends it all the same"})
		}
		if err != nil {
			return err
		}
		objects[safe[0].Object.DN] = true
		safe = safe[n:]
	}
	for _, m := range doubtful {
		objects[m.Object.DN] = true
		if err := w.Skip(plan.Skip{Object: m.Object, Reason: plan.Rejected, Property: m.Attribute, Because: checked(m),
			Detail: fmt.Sprintf("%q would become %q: have somebody look at it; it stands in %s", m.Before, m.After, reviewFile)}); err != nil {
			return err
		}
	}
	now := s.now()
	m := plan.Manifest{Created: now, AsOf: in.AsOf, Expires: now.Add(30 * planLife), Engine: plan.Engine{Version: version, Expr: exprVersion()},
		Tenant: cloud.Tenant{ID: s.cfg.Tenant.ID}, Policy: plan.Policy{Digest: s.policies.Digest()}, Selection: "what validate can mend in Active Directory", Objects: len(objects)}
	if in.Tenant != nil {
		m.Tenant = in.Tenant.Facts
	}
	for _, f := range s.policies.Files() {
		m.Policy.Files = append(m.Policy.Files, f.Path)
	}
	for _, src := range snap.Sources() {
		m.Sources = append(m.Sources, plan.Source{Name: src.Name, Server: src.Server, TakenAt: src.TakenAt})
	}
	_, err = w.Close(m)
	return err
}

// fixChange makes one change of the mends of one object; ok is false for one without an anchor, which a plan cannot name.
func fixChange(own []validate.Mend, snap *snapshot.Snapshot) (plan.Change, bool) {
	i, ok := snap.ByDN(own[0].Object.DN)
	if !ok || own[0].Object.Anchor == "" {
		return plan.Change{}, false
	}
	c := plan.Change{ID: string(own[0].Object.Anchor) + "/update", Object: own[0].Object, Action: plan.Update, Directory: cloud.AD, Undo: plan.Exact}
	var names []string
	before := cloud.Object{}
	for _, m := range own {
		n := len(c.Attributes) - 1
		if n < 0 || c.Attributes[n].Name != m.Attribute {
			a := plan.Attribute{Name: m.Attribute, Reason: plan.Changed, Because: checked(m)}
			a.Before = attributeValue(m.Attribute, snap.At(i).Values(m.Attribute))
			before.Put(m.Attribute, a.Before)
			names = append(names, m.Attribute)
			c.Attributes = append(c.Attributes, a)
			n++
		}
		a := &c.Attributes[n]
		values := a.After.Texts()
		if a.After.IsNothing() {
			values = snap.At(i).Values(m.Attribute)
		}
		a.After = attributeValue(m.Attribute, replaced(values, m.Before, m.After))
	}
	c.Fingerprint = plan.FingerprintOf(&before, names)
	return c, true
}

// checked says which checks ask for a value.
func checked(m validate.Mend) []plan.Because {
	return []plan.Because{{Decision: "fix", Policy: "validate", Rule: strings.Join(m.Checks, ", ")}}
}

// attributeValue gives the values of an attribute of Active Directory; of the attributes that are mended one has several.
func attributeValue(attribute string, values []string) cloud.Value {
	if directory.EqualFold(attribute, directory.AttrProxyAddresses) {
		return cloud.Texts(values)
	}
	if len(values) == 0 {
		return cloud.Value{}
	}
	return cloud.Text(values[0])
}

// replaced puts a value in the place of another one, or behind all others.
func replaced(values []string, before, after string) []string {
	out := slices.Clone(values)
	if i := slices.Index(out, before); i >= 0 && before != "" {
		out[i] = after
		return out
	}
	return append(out, after)
}

// writesAD refuses a plan that changes Active Directory, with the way out. Such a plan changes nothing else.
func writesAD(f *plan.File) error {
	for c, err := range f.Changes() {
		if err != nil {
			return err
		}
		if c.Directory != cloud.AD {
			return nil
		}
		return mark(errRefused, coded("plan.refused", "plan refused: it changes Active Directory, which coexist does not write to; import %s beside the plan with ldifde -i -f or ldapmodify, and %s to take it back",
			fixesFile, fixesUndoFile))
	}
	return nil
}
