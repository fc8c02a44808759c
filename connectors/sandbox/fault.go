package sandbox

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Fault is one rule of scripted misbehaviour. Method and Path say which requests it counts; From and Times say which of
// those it strikes; requests refused before their operation began (no token, no permission, throttled, not modelled) do
// not count. A batch's items match by their own method and path, the batch itself as POST /v1.0/$batch.
type Fault struct {
	Method string `json:"method,omitempty"` // any when empty
	Cmdlet string `json:"cmdlet,omitempty"` // of Exchange Online, such as Set-Mailbox; any when empty
	Path   string `json:"path,omitempty"`   // regular expression over path and query, such as ^/v1.0/users$; any when empty
	From   int    `json:"from,omitempty"`   // the first matching request struck, counted from 1; 1 when 0
	Times  int    `json:"times,omitempty"`  // how many in a row; 1 when 0, -1 for all
	Action Action `json:"action"`
	// Status answers with this code, for Refuse: 429 TooManyRequests, 503, 504, 500 and so on.
	Status int `json:"status,omitempty"`
	// Code and Message replace the usual ones of the status, for Refuse: a stale page token, a location that has not
	// replicated yet.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// RetryAfter is sent as it stands: "7", "2.128", a date, or nothing. "date:30s" becomes the date in 30 seconds.
	RetryAfter string `json:"retryAfter,omitempty"`
	// AfterWrite lets the request take effect first. It is meant for Refuse and Reset; the others always do.
	AfterWrite bool `json:"afterWrite,omitempty"`
	// Claims makes Expired the challenge of continuous access evaluation: the client must ask for a token with those claims.
	Claims bool `json:"claims,omitempty"`
	// Requests and Seconds are for Lag: how many requests for a new object answer 404, or for how long by the clock. Skew and
	// Slow take Seconds too.
	Requests int `json:"requests,omitempty"`
	Seconds  int `json:"seconds,omitempty"`
}

// Action is what a fault does.
type Action string

// The actions.
const (
	Refuse Action = "refuse" // an error answer: Status, RetryAfter
	// Reset breaks the connection: before anything happened, or in the middle of the answer with AfterWrite. It panics with
	// http.ErrAbortHandler, which net/http turns into a closed connection; who calls the handler himself must recover it.
	Reset    Action = "reset"
	Truncate Action = "truncate" // half the JSON, and then a proper end
	HTML     Action = "html"     // a gateway's error page with Status, 502 when 0
	Expired  Action = "expired"  // 401: the token has expired
	Lag      Action = "lag"      // what the request creates is not visible for Requests requests or Seconds
	Lost     Action = "lost"     // a batch item takes effect and its answer is left out
	Repeat   Action = "repeat"   // a page repeats the last row of the page before, or its own first
	Skew     Action = "skew"     // a replica whose clock is off by Seconds, which may be negative: Date, times, dates in Retry-After
	Slow     Action = "slow"     // the answer comes Seconds later
)

// armed is a fault with its count.
type armed struct {
	Fault
	path *regexp.Regexp
	seen int
}

// mangling is what happens to an answer on its way.
type mangling uint8

const (
	whole mangling = iota
	truncated
	reset
	resetAtOnce
	lost
)

// AddFault arms a rule. Rules are tried in the order in which they were added; every rule counts every request that it
// matches, and the first one that strikes acts.
func (t *Tenant) AddFault(f Fault) error {
	path, err := regexp.Compile(f.Path)
	if err != nil {
		return fmt.Errorf("fault path: %w", err)
	}
	if !f.Action.known() {
		return fmt.Errorf("unknown fault action %q", f.Action)
	}
	if f.Action == Refuse && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("fault %s needs a status from 400 to 599, not %d", f.Action, f.Status)
	}
	if f.Times == 0 {
		f.Times = 1
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = append(t.faults, &armed{Fault: f, path: path})
	return nil
}

// ClearFaults disarms every rule.
func (t *Tenant) ClearFaults() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = nil
}

// fault counts a request against every rule and gives the first that strikes, nil when none does. The profile draws for
// every request; a rule goes before it.
func (t *Tenant) fault(r *request) *armed {
	var first *armed
	for _, f := range t.faults {
		if f.Method != "" && f.Method != r.method || !f.path.MatchString(r.path) || f.Cmdlet != "" && !strings.EqualFold(f.Cmdlet, r.cmdlet) {
			continue
		}
		f.seen++
		from := max(f.From, 1)
		if first == nil && f.seen >= from && (f.Times < 0 || f.seen < from+f.Times) {
			first = f
		}
	}
	if t.chance != nil {
		if f := t.chance.strike(r); first == nil {
			first = f
		}
	}
	if first != nil && first.Action == Skew {
		t.skew = time.Duration(first.Seconds) * time.Second
	}
	return first
}

// before gives the answer of a fault that strikes before the request takes effect.
func (f *armed) before(t *Tenant, r *request) (answer, bool) {
	if f == nil || f.AfterWrite {
		return answer{}, false
	}
	switch f.Action {
	case Refuse:
		return f.refusal(t, r), true
	case HTML:
		return f.page(), true
	case Expired:
		return f.expired(t, r), true
	case Reset:
		return answer{status: http.StatusOK, mangle: resetAtOnce, fault: string(Reset)}, true
	}
	return answer{}, false
}

// after changes the answer of a request that took effect.
func (f *armed) after(t *Tenant, r *request, a answer) answer {
	if f == nil {
		return a
	}
	switch {
	case f.Action == Refuse:
		return f.refusal(t, r)
	case f.Action == HTML:
		return f.page()
	case f.Action == Expired:
		return f.expired(t, r)
	case f.Action == Truncate:
		a.mangle = truncated
	case f.Action == Reset:
		a.mangle = reset
	case f.Action == Lost:
		a.mangle = lost
	case f.Action == Slow:
		a.delay = time.Duration(f.Seconds) * time.Second
	}
	a.fault = string(f.Action)
	return a
}

func (f *armed) refusal(t *Tenant, r *request) answer {
	code, message := "UnknownError", ""
	switch f.Status {
	case http.StatusTooManyRequests:
		code, message = "TooManyRequests", "Please retry again later."
	case http.StatusInternalServerError:
		code, message = "Service_InternalServerError", "Encountered an internal server error."
	case http.StatusServiceUnavailable:
		code, message = "Directory_ReplicaUnavailable", "The directory replica is unavailable. Please try again later."
	case http.StatusConflict:
		code, message = "Directory_ConcurrencyViolation", "The operation failed because the object was changed by another request. Please try again."
	}
	no := refuse(f.Status, cmp.Or(f.Code, code), "%s", cmp.Or(f.Message, message))
	if v := f.retryAfter(t.now()); v != "" {
		no.header = append(no.header, [2]string{"Retry-After", v})
	}
	a := t.answerOf(r, no)
	a.fault = string(f.Action)
	return a
}

// retryAfter gives the header's value; a date is counted from the tenant's time.
func (f *armed) retryAfter(now time.Time) string {
	const dated = "date:"
	if len(f.RetryAfter) > len(dated) && f.RetryAfter[:len(dated)] == dated {
		if d, err := time.ParseDuration(f.RetryAfter[len(dated):]); err == nil {
			return now.Add(d).UTC().Format(http.TimeFormat)
		}
	}
	return f.RetryAfter
}

func (f *armed) page() answer {
	status := f.Status
	if status == 0 {
		status = http.StatusBadGateway
	}
	return answer{status: status, plain: "text/html", fault: string(HTML), body: []byte(
		"<html><head><title>" + http.StatusText(status) + "</title></head><body><h2>Our services aren't available right now</h2></body></html>")}
}

// expired answers 401; with Claims as a challenge. Source: "claims challenges and claims requests", Microsoft identity
// platform.
func (f *armed) expired(t *Tenant, r *request) answer {
	no := expiredToken()
	if f.Claims {
		no = unauthorized("Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp")
		claims := base64.StdEncoding.EncodeToString([]byte(`{"access_token":{"nbf":{"essential":true,"value":"` + fmt.Sprint(t.now().Unix()) + `"}}}`))
		no.header[0][1] += `, error="insufficient_claims", claims="` + claims + `"`
	}
	a := t.answerOf(r, no)
	a.fault = string(Expired)
	return a
}

// lag says for how long a new object stays invisible.
type lag struct {
	requests int
	until    time.Time
}

// planLag makes the objects that the next request creates lag.
func (t *Tenant) planLag(f *armed) {
	t.nextLag = nil
	if f != nil && f.Action == Lag {
		t.nextLag = &lag{requests: f.Requests}
		if f.Seconds > 0 {
			t.nextLag.until = t.now().Add(time.Duration(f.Seconds) * time.Second)
		}
	}
}

// awaits reports whether an object is not visible yet, counting the request.
func (t *Tenant) awaits(o *object) bool {
	if t.young(o.born, t.options.Replication.Read) {
		return true
	}
	l := o.hidden
	if l == nil {
		return false
	}
	if l.requests > 0 {
		l.requests--
		return true
	}
	if !l.until.IsZero() && t.now().Before(l.until) {
		return true
	}
	o.hidden = nil
	return false
}

// concealed reports whether an object is not visible yet, without counting.
func (t *Tenant) concealed(o *object) bool {
	return t.young(o.born, t.options.Replication.List) || o.hidden != nil && (o.hidden.requests > 0 || t.now().Before(o.hidden.until))
}

// repeat marks the page of a request that a fault repeats rows in.
func (q *query) repeat(f *armed) { q.repeated = f != nil && f.Action == Repeat }
