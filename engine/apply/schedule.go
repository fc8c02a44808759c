package apply

import (
	"maps"
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// schedule is what is known about a plan's changes before the first is carried out. It holds little for each change, so
// that a large plan is streamed and not held.
type schedule struct {
	total       int
	deletes     int
	adopts      int
	disables    int
	directories []cloud.Directory
	rounds      [plan.Stages]int // 0 for a stage without changes
	// round is the round inside its stage of each change that waits for another one of the same stage; 0 for all others.
	round map[string]int
}

// survey reads the plan once for what it holds, and where changes depend on others twice more for their order. It refuses
// what no planner writes, so that nothing is found half-way.
func survey(o *Options) (schedule, error) {
	s := schedule{round: map[string]int{}}
	needed := map[string]int{} // stage of each change that another one depends on
	for c, err := range o.Plan.Changes() {
		if err != nil {
			return s, err
		}
		if err := s.take(&c); err != nil {
			return s, err
		}
		for _, d := range c.DependsOn {
			needed[d] = -1
		}
	}
	slices.Sort(s.directories)
	if len(needed) == 0 {
		return s, nil
	}
	for c, err := range o.Plan.Changes() {
		if err != nil {
			return s, err
		}
		if _, ok := needed[c.ID]; ok {
			needed[c.ID] = c.Stage()
		}
	}
	return s, s.order(o.Plan, needed)
}

// take counts one change.
func (s *schedule) take(c *plan.Change) error {
	if !known(c.Action) {
		return refusal(Malformed, "change %s: unknown action %q", c.ID, c.Action)
	}
	if c.Fingerprint == "" && c.Object.ID != "" && c.Await == "" {
		switch c.Action {
		case plan.Update, plan.License, plan.Refer, plan.Disable, plan.Delete:
			return refusal(Malformed, "change %s: no fingerprint to hold the object against", c.ID)
		}
	}
	if _, err := directory.ParseKind(c.Object.Kind); err != nil {
		return refusal(Malformed, "change %s: %v", c.ID, err)
	}
	if _, err := directory.ParseGUID(c.Object.GUID); c.Object.GUID != "" && err != nil {
		return refusal(Malformed, "change %s: %v", c.ID, err)
	}
	s.total++
	switch c.Action {
	case plan.Delete:
		s.deletes++
	case plan.Disable:
		s.disables++
	case plan.Adopt:
		s.adopts++
	}
	if !slices.Contains(s.directories, c.Directory) {
		s.directories = append(s.directories, c.Directory)
	}
	s.rounds[c.Stage()] = 1
	return nil
}

func known(a plan.Action) bool {
	switch a {
	case plan.Create, plan.Adopt, plan.Update, plan.License, plan.Refer, plan.Members, plan.Disable, plan.Delete, plan.Restore:
		return true
	}
	return false
}

// order finds the rounds of changes that wait for others of their own stage.
func (s *schedule) order(f *plan.File, needed map[string]int) error {
	waits := map[string][]string{}
	stages := map[string]int{}
	for c, err := range f.Changes() {
		if err != nil {
			return err
		}
		own := c.Stage()
		for _, d := range c.DependsOn {
			switch stage := needed[d]; {
			case stage < 0:
				return refusal(Malformed, "change %s depends on %s, which is not in the plan", c.ID, d)
			case stage > own:
				return refusal(Malformed, "change %s depends on %s, which comes later", c.ID, d)
			case stage == own:
				waits[c.ID] = append(waits[c.ID], d)
				stages[c.ID] = own
			}
		}
	}
	visiting := map[string]bool{}
	var depth func(id string) (int, error)
	depth = func(id string) (int, error) {
		if n, ok := s.round[id]; ok || len(waits[id]) == 0 {
			return n, nil
		}
		if visiting[id] {
			return 0, refusal(Malformed, "change %s depends on itself", id)
		}
		visiting[id] = true
		deepest := 0
		for _, d := range waits[id] {
			n, err := depth(d)
			if err != nil {
				return 0, err
			}
			deepest = max(deepest, n+1)
		}
		s.round[id] = deepest
		return deepest, nil
	}
	for _, id := range slices.Sorted(maps.Keys(stages)) {
		n, err := depth(id)
		if err != nil {
			return err
		}
		s.rounds[stages[id]] = max(s.rounds[stages[id]], n+1)
	}
	return nil
}

// in reports whether a change belongs to a round of a stage.
func (s *schedule) in(c *plan.Change, stage, round int) bool {
	return c.Stage() == stage && s.round[c.ID] == round
}
