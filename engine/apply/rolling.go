package apply

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coexistsync/coexist/engine/plan"
)

// Rolling is what guards allow over several runs, so that many small plans do not pass where a large one would be stopped.
// A run stops before the change by which a guard would be crossed. A guard that the plan may exceed is not asked.
type Rolling struct {
	// Weigh says what a change counts for each guard; nil for nothing.
	Weigh func(*plan.Change) map[string]int
	// Most is how much of each guard may come together; a guard that is not named has no end.
	Most map[string]int
	// Window is how far back changes count; 0 for 24 hours.
	Window time.Duration
}

// rolling is Rolling at work: what has come together, and the guard that would be crossed.
type rolling struct {
	Rolling
	state *tally
}

type tally struct {
	mu      sync.Mutex
	sum     map[string]int
	crossed string
}

// begin adds up what earlier runs did.
func (r Rolling) begin(ctx context.Context, o *Options, now time.Time) (rolling, error) {
	out := rolling{Rolling: r, state: &tally{sum: map[string]int{}}}
	if r.Weigh == nil || len(r.Most) == 0 {
		return out, nil
	}
	out.Most = maps.Clone(r.Most)
	for _, a := range o.Allow { // of a guard of groups, those of all groups
		maps.DeleteFunc(out.Most, func(key string, _ int) bool { return key == a.Guard || strings.HasPrefix(key, a.Guard+"/") })
	}
	out.Window = cmp.Or(r.Window, 24*time.Hour)
	sum, err := o.Journal.Tally(ctx, now.Add(-out.Window))
	if err != nil {
		return out, fmt.Errorf("start run: %w", err)
	}
	out.state.sum = sum
	return out, nil
}

func (r *rolling) weigh(c *plan.Change) map[string]int {
	if r.Weigh == nil {
		return nil
	}
	return r.Weigh(c)
}

// take counts a change that is about to be sent, unless a guard would be crossed by it.
func (r *rolling) take(weights map[string]int) bool {
	if r.state == nil || len(weights) == 0 {
		return true
	}
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	if r.state.crossed != "" {
		return false
	}
	for _, guard := range slices.Sorted(maps.Keys(weights)) {
		most, limited := r.Most[guard]
		if sum := r.state.sum[guard] + weights[guard]; limited && sum > most {
			r.state.crossed = fmt.Sprintf("guard %s is about to be crossed: %d within %s, and %d are allowed", guard, sum, hours(r.Window), most)
			return false
		}
	}
	for guard, n := range weights {
		r.state.sum[guard] += n
	}
	return true
}

// why names the guard that would be crossed, "" for none.
func (r *rolling) why() string {
	if r.state == nil {
		return ""
	}
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	return r.state.crossed
}

func hours(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return d.String()
}
