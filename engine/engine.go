package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/task"
	"github.com/coexistsync/coexist/engine/tenant"
	"github.com/coexistsync/coexist/rules"
)

// Inputs is what a plan is made from.
type Inputs struct {
	Snapshot *snapshot.Snapshot
	Locator  connector.Locator // nil when there is no directory to look at again, as with a file
	// Targets are the directories to compare with. Entra ID is needed; without Exchange Online, what only that can do is
	// withheld, and nothing is known of mailboxes.
	Targets   map[cloud.Directory]connector.Reader
	Policies  *rules.Set
	State     State
	AsOf      time.Time     // what dates in policies and holds are held against
	Now       time.Time     // when the plan is made
	Expiry    time.Duration // how long the plan may be applied
	Guards    Limits
	Selection *Selection // nil for everything
	Offline   bool       // the snapshot came from a file: apply cannot look at the source again
	Preview   bool       // AsOf is not now: nothing is remembered
	KeepDrift bool       // what was changed in the tenant since coexist wrote it is listed and not put back
	Version   string     // of the program
	Expr      string     // of the expression language
	Workers   int        // 0 for one
	Progress  connector.Progress
	// Names is told what the cloud makes of the names of each object that is compared; nil for nobody. It may be called from
	// several goroutines.
	Names  func(directory.GUID, desired.Outlook)
	By     string         // account that plans
	Shield Shield         // objects that nothing is taken away from
	Recent map[string]int // what the changes of the last 24 hours count, by guard; see Weigh
	// Failed are the ids of changes that the last run was refused for good.
	Failed map[string]bool
	// Mailboxes is told of each object that is compared whose mailbox is on premises; nil for nobody. Likewise.
	Mailboxes func(OnPremises)
}

// Selection restricts a plan to some objects. Such a plan deletes and disables nothing of what has left.
type Selection struct {
	Describe string
	Pilot    string // group of the configuration that it stays inside of, "" for none
	Has      func(o directory.Object) bool
}

// Sink takes a plan as it is made: skips and changes in anchor order.
type Sink interface {
	Change(plan.Change) error
	Skip(plan.Skip) error
}

// GroupError says that a policy asks for membership in a group that the snapshot cannot tell: no group, or several, have
// that name. Deciding all the same could take licences away from everybody.
type GroupError struct {
	Name     string
	Found    int
	Protects bool // it is one whose members the configuration protects
}

// Error names the group and the way out.
func (e *GroupError) Error() string {
	if e.Protects {
		return fmt.Sprintf("the configuration protects group %q, and %d groups in the snapshot have that name: name it by its distinguished name, or bring it into scope", e.Name, e.Found)
	}
	if e.Found == 0 {
		return fmt.Sprintf("a policy asks for members of group %q, which is not in the snapshot: correct the name, or bring the group into scope", e.Name)
	}
	return fmt.Sprintf("a policy asks for members of group %q, which is the name of %d groups: name it by its distinguished name", e.Name, e.Found)
}

// Import reads every source into one snapshot, whole or not at all.
func Import(ctx context.Context, sources []connector.Importer, want connector.Want) (*snapshot.Snapshot, error) {
	b := snapshot.NewBuilder()
	for _, s := range sources {
		if err := s.Import(ctx, want, b); err != nil {
			return nil, err
		}
	}
	return b.Finish()
}

// Plan compares what the policies want with what the tenant holds and writes the differences to w. It gives the head of
// the plan without what only the file knows. The one place that knows the order of the steps:
//
//	ledger -> missing objects located -> tenant read, every object decided -> joined -> compared in anchor order -> guards
//
// in.Progress may be called from several goroutines.
func Plan(ctx context.Context, in Inputs, w Sink) (plan.Manifest, error) {
	if in.Targets[cloud.Entra] == nil {
		return plan.Manifest{}, errNoTarget
	}
	p := &planner{in: in}
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"resolve groups named in policies", p.resolveGroups},
		{"read the ledger", p.readLedger},
		{"read delayed tasks", p.readTasks},
		{"read the source", p.whole},
		{"read the tenant's facts", p.readFacts},
		{"locate missing objects", p.locate},
		{"read the tenant and evaluate policies", p.readAndEvaluate},
		{"join", p.joinAll},
		{"read mailboxes and photos", p.readDetail},
		{"look for adoptions", p.lookForAdoptions},
		{"compare", func(ctx context.Context) error { return p.compare(ctx, w) }},
		{"compare cloud groups", func(context.Context) error { return p.cloudGroups(w) }},
	} {
		if err := step.run(ctx); err != nil {
			return plan.Manifest{}, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	m, err := p.manifest(ctx)
	if err != nil {
		return m, fmt.Errorf("guards: %w", err)
	}
	return m, p.observe(ctx, &m)
}

// planner carries one plan through its steps.
type planner struct {
	in        Inputs
	decider   *Decider
	remember  map[int]string // cloud id that the ledger knows, by source index
	missing   []ledger.Row   // rows whose object is not in the snapshot
	owned     int            // rows that coexist owns
	grouped   bool           // coexist has written members of some group
	fates     map[directory.GUID]connector.Sighting
	facts     cloud.Tenant
	view      *tenant.View
	catalogue desired.Catalogue
	managed   map[string]bool // ids of SKUs that bundles mention
	verdicts  []verdict
	wishes    map[string]int32     // source index by wished user principal name, folded; shared for several
	addresses map[string]int32     // likewise by primary SMTP address, where Exchange Online is connected
	aliases   map[string]int32     // likewise by alias
	added     map[string][]string  // ids of members that coexist added to groups of the cloud alone, by the group's id
	tasks     map[string]task.Task // delayed changes that have not ended, by the change's id
	table     *join.Table
	tally     *tally
	lent      []int // source indexes of rows that coexist does not own
	shield    shield
	adopting  bool // the plan adopts objects, so that it takes nothing away
	match     plan.Match
	unchanged int
	aside     map[directory.GUID]bool            // objects that were read and have no anchor of their own
	flaws     map[directory.GUID][]snapshot.Flaw // of objects of which an attribute could not be taken over
	priors    *Priors
	leaving   []ledger.Leaving
	lessons   []ledger.Lesson
}

// verdict is what is remembered of an object's decisions between the passes.
type verdict struct {
	kind    cloud.Type
	upn     string
	primary string
	alias   string // of what Exchange Online makes, where it is connected
	member  membership
	detail  bool // it shall have values of Exchange Online that cost a request per object to compare
	photo   bool // likewise of Entra ID
	lacks   bool // it cannot be created: a required property has no value, or a decision is held
}

// shared marks a user principal name that several source objects wish for.
const shared = -1

func (p *planner) resolveGroups(context.Context) (err error) {
	p.flaws = map[directory.GUID][]snapshot.Flaw{}
	for _, s := range p.in.Snapshot.Sources() {
		for _, f := range s.Flaws {
			p.flaws[f.GUID] = append(p.flaws[f.GUID], f)
		}
	}
	p.aside = map[directory.GUID]bool{}
	for o := range p.in.Snapshot.All() {
		if _, ok := p.in.Snapshot.ByGUID(o.GUID); !ok {
			p.aside[o.GUID] = true
		}
	}
	p.decider, err = NewDecider(p.in.Snapshot, p.in.Policies, p.in.AsOf)
	return err
}

// whole holds that no source lacks what every directory has. An export without it would read as if all were empty, and
// everybody would lose what follows from it.
func (p *planner) whole(context.Context) error {
	needed := []string{directory.AttrUserAccountCtl, directory.AttrSAMAccountName, directory.AttrObjectClass}
	if p.grouped {
		needed = append(needed, directory.AttrMember)
	}
	var wrong []error
	for _, s := range p.in.Snapshot.Sources() {
		for _, n := range needed {
			if slices.ContainsFunc(s.MissingAttrs, func(m string) bool { return directory.EqualFold(m, n) }) && p.in.Snapshot.Len() > 0 {
				wrong = append(wrong, &fault.Error{Kind: fault.Unreachable, Op: "read " + s.Name,
					Err: fmt.Errorf("no object has %s: it was exported without it, or the account may not read it", n)})
			}
		}
	}
	return errors.Join(wrong...)
}

// readFacts reads what deciding needs of the tenant: its domains and subscriptions.
func (p *planner) readFacts(ctx context.Context) (err error) {
	if p.facts, err = p.in.Targets[cloud.Entra].Tenant(ctx); err != nil {
		return err
	}
	p.catalogue = desired.Catalogue{Bundles: p.in.Policies.Bundle, Tenant: &p.facts}
	p.managed = map[string]bool{}
	for _, pol := range p.in.Policies.Policies() {
		for _, b := range pol.Bundles {
			if s, ok := p.facts.SKU(b.SKU); ok {
				p.managed[s.ID] = true
			}
		}
	}
	p.tally = newTally(&p.facts)
	p.tally.recent, p.tally.failed = p.in.Recent, p.in.Failed
	p.shield, err = p.in.Shield.resolve(p.in.Snapshot)
	return err
}

// readAndEvaluate does two things side by side that do not need each other: the tenant's objects come over the network
// while the policies decide.
func (p *planner) readAndEvaluate(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.readTenant(ctx) })
	g.Go(func() error { return p.evaluate(ctx) })
	return g.Wait()
}

// locate asks the directory what became of objects that the ledger knows and the snapshot lacks.
func (p *planner) locate(ctx context.Context) error {
	if p.in.Locator == nil || len(p.missing) == 0 {
		return nil
	}
	guids := make([]directory.GUID, 0, len(p.missing))
	for _, r := range p.missing {
		guids = append(guids, r.GUID)
	}
	var err error
	p.fates, err = p.in.Locator.Locate(ctx, guids)
	return err
}

// joinAll finds the counterparts.
func (p *planner) joinAll(context.Context) error {
	s := p.in.Snapshot
	p.table = join.Build(p.view, s.Len(), func(i int) join.Wish {
		v := &p.verdicts[i]
		w := join.Wish{Anchor: s.Anchor(i), Wanted: v.wanted(), Type: v.kind, Primary: v.primary, UPN: v.upn, Ledger: p.remember[i]}
		if s.At(i).Kind == directory.Group {
			w.SID = sidOf(s.At(i))
			w.UPN, w.Primary = "", "" // groups without a mailbox are never matched by name or address
			if v.kind.Creator() == cloud.Exchange {
				w.Primary = v.primary
			}
		}
		return w
	})
	p.match.Foreign = p.table.Foreign
	return nil
}

func (v *verdict) wanted() bool { return v.kind != "" && v.kind != cloud.None }

// manifest draws up the head of the plan.
func (p *planner) manifest(ctx context.Context) (plan.Manifest, error) {
	in := p.in
	m := plan.Manifest{Created: in.Now.UTC(), By: in.By, AsOf: in.AsOf.UTC(), Expires: in.Now.Add(in.Expiry).UTC(),
		Engine: plan.Engine{Version: in.Version, Expr: in.Expr}, Tenant: p.view.Facts, Complete: in.Selection == nil, Preview: in.Preview, Offline: in.Offline,
		Counts: p.tally.counts, Skips: p.tally.skips, Objects: in.Snapshot.Len(), Unchanged: p.unchanged, Match: p.match, Seats: p.tally.needed()}
	if in.Selection != nil {
		m.Selection, m.Pilot = in.Selection.Describe, in.Selection.Pilot
	}
	m.Policy.Digest = in.Policies.Digest()
	for _, f := range in.Policies.Files() {
		m.Policy.Files = append(m.Policy.Files, f.Path)
	}
	var fewer []plan.Guard
	for _, s := range in.Snapshot.Sources() {
		src := plan.Source{Name: s.Name, Server: s.Server, TakenAt: s.TakenAt.UTC(), HighestUSN: s.HighestUSN, Missing: s.MissingAttrs}
		for _, sc := range s.Scopes {
			src.Objects += sc.Objects
		}
		m.Sources = append(m.Sources, src)
		g, err := p.collapse(ctx, s.Name, src.Objects)
		if err != nil {
			return m, err
		}
		fewer = append(fewer, g)
	}
	m.Guards = p.tally.guards(in.Guards, max(p.owned, p.match.Joined), fewer)
	return m, nil
}

// collapse holds the size of a source against its last complete run.
func (p *planner) collapse(ctx context.Context, source string, now int) (plan.Guard, error) {
	before, ok, err := p.in.State.LastImport(ctx, source)
	if err != nil || !ok {
		return plan.Guard{Name: GuardSourceCollapse, Percent: p.in.Guards.ByGuard[GuardSourceCollapse].Percent, Detail: source + ": no run before this one"}, err
	}
	g := p.in.Guards.check(GuardSourceCollapse, max(0, before-now), 0, before)
	g.Detail = fmt.Sprintf("%s: %d objects, %d at the last run", source, now, before)
	return g, nil
}

// name gives what people call a source object.
func name(o directory.Object) string {
	for _, a := range []string{directory.AttrDisplayName, directory.AttrCN, directory.AttrSAMAccountName} {
		if s := strings.TrimSpace(o.First(a)); s != "" {
			return s
		}
	}
	return o.DN()
}
