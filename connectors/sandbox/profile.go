package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
)

// Profile is misbehaviour by chance, the same in every run of the same requests: of every hundred requests, Percent are
// struck by one of Actions. No request is struck more than Streak times in a row, so that a client that retries gets
// through.
type Profile struct {
	Seed    uint64   `json:"seed"`
	Percent int      `json:"percent"`           // 0 ends it
	Actions []Action `json:"actions,omitempty"` // those of ChanceActions when empty
	Streak  int      `json:"streak,omitempty"`  // 2 when 0
	Seconds int      `json:"seconds,omitempty"` // of Lag, Skew and Slow; 5 when 0
}

// ChanceActions lists what a Profile does unless it says otherwise: everything but Slow, which costs real time.
func ChanceActions() []Action {
	return []Action{Refuse, Reset, Truncate, HTML, Expired, Lag, Lost, Repeat, Skew}
}

// chance is a profile at work.
type chance struct {
	Profile
	random *rand.Rand
	streak map[string]int // strikes in a row by method and path
}

// SetProfile makes requests fail by chance; the zero Profile ends that. Scripted faults go before it.
func (t *Tenant) SetProfile(p Profile) error {
	if p.Percent < 0 || p.Percent > 100 {
		return fmt.Errorf("fault profile: %d percent", p.Percent)
	}
	if len(p.Actions) == 0 {
		p.Actions = ChanceActions()
	}
	for _, a := range p.Actions {
		if !a.known() {
			return fmt.Errorf("fault profile: unknown action %q", a)
		}
	}
	if p.Streak == 0 {
		p.Streak = 2
	}
	if p.Seconds == 0 {
		p.Seconds = 5
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.chance = nil
	if p.Percent > 0 {
		t.chance = &chance{Profile: p, random: rand.New(rand.NewPCG(p.Seed, 0)), streak: map[string]int{}}
	}
	return nil
}

// strike draws the fault of one request, nil for none. Every request draws the same count of numbers, whatever becomes of
// it.
func (c *chance) strike(r *request) *armed {
	struck := c.random.IntN(100) < c.Percent
	action := c.Actions[c.random.IntN(len(c.Actions))]
	refusal := chanceRefusals()[c.random.IntN(len(chanceRefusals()))]
	after := c.random.IntN(2) == 1
	key, _, _ := strings.Cut(r.method+" "+r.path, "?")
	if !struck || c.streak[key] >= c.Streak || !applicable(action, r) {
		delete(c.streak, key)
		return nil
	}
	c.streak[key]++
	f := Fault{Action: action, Seconds: c.Seconds}
	switch action {
	case Refuse:
		f.Status, f.RetryAfter = refusal.status, refusal.retryAfter
		f.AfterWrite = after && f.Status >= 500
	case Reset:
		f.AfterWrite = after
	case HTML:
		f.Status = http.StatusBadGateway
	}
	return &armed{Fault: f}
}

type chanceRefusal struct {
	status     int
	retryAfter string
}

func chanceRefusals() []chanceRefusal {
	return []chanceRefusal{{429, "2"}, {429, "1.5"}, {429, "date:3s"}, {500, ""}, {503, "1"}, {503, ""}, {504, ""}}
}

// applicable reports whether an action means anything for a request.
func applicable(a Action, r *request) bool {
	read := r.method == http.MethodGet
	switch a {
	case Lost:
		return r.batch != ""
	case Repeat:
		return read
	case Lag:
		return !read && !r.isBatch
	}
	return true
}

// known reports whether the action exists.
func (a Action) known() bool {
	return slices.Contains(append(ChanceActions(), Slow), a)
}
