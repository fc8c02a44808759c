package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/internal/retry"
)

const (
	pageSize  = 1000 // rows of a page, the most that Exchange Online gives
	batchSize = 10   // commands of one $batch, the most that Exchange Online takes

	// appAnchor routes the requests of an application to the organisation's system mailbox.
	appAnchor = "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@"
)

// Invoke is the transport that speaks InvokeCommand, or with another endpoint something like it. It is safe for concurrent
// use and keeps to a few requests at a time.
type Invoke struct {
	*wire
	endpoint func(*Command) string // path below the origin
}

var _ Transport = (*Invoke)(nil)

// NewInvoke makes the transport; it sends nothing.
func NewInvoke(c Config) (*Invoke, error) {
	w, err := newWire(c)
	if err != nil {
		return nil, err
	}
	return &Invoke{wire: w, endpoint: func(*Command) string { return w.path("beta") + "/InvokeCommand" }}, nil
}

// path gives a version of the admin API for the tenant.
func (w *wire) path(version string) string {
	return "/adminapi/" + version + "/" + url.PathEscape(w.tenantID)
}

// Run carries out one command and follows the pages of its answer: the same body is posted to each link.
func (v *Invoke) Run(ctx context.Context, c Command) (Answer, error) {
	p, err := newPosting(&c, v.base.String()+v.endpoint(&c))
	if err != nil {
		return Answer{}, &fault.Error{Kind: fault.Invalid, Op: c.op(), Err: err}
	}
	a, next, err := v.post(ctx, p)
	if err != nil {
		return Answer{}, err
	}
	return v.rest(ctx, p, a, next)
}

// rest reads the pages that follow the first.
func (v *Invoke) rest(ctx context.Context, p posting, a Answer, next string) (Answer, error) {
	seen := map[string]bool{}
	for next != "" {
		link, err := v.link(next)
		if err == nil && seen[link] {
			err = errors.New("a page leads back to an earlier one")
		}
		if err != nil {
			return Answer{}, &fault.Error{Kind: unanswered(p.command), Op: p.command.op(), Err: err}
		}
		seen[link] = true
		p.url = link
		var more Answer
		if more, next, err = v.post(ctx, p); err != nil {
			return Answer{}, err
		}
		a.Rows, a.Warnings = append(a.Rows, more.Rows...), append(a.Warnings, more.Warnings...)
	}
	return a, nil
}

// link checks that a link leads to where the token may go.
func (w *wire) link(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != w.base.Scheme || u.Host != w.base.Host {
		return "", errors.New("a page leads to another host")
	}
	return s, nil
}

// RunAll carries out commands in batches of ten. A create goes alone, because a batch without an answer is sent again.
func (v *Invoke) RunAll(ctx context.Context, list []Command) []Result {
	out := make([]Result, len(list))
	var work [][]int
	var bundle []int
	for i := range list {
		if list[i].makes() {
			work = append(work, []int{i})
			continue
		}
		if bundle = append(bundle, i); len(bundle) == batchSize {
			work, bundle = append(work, bundle), nil
		}
	}
	if len(bundle) > 0 {
		work = append(work, bundle)
	}
	var group sync.WaitGroup
	free := make(chan struct{}, cap(v.slots))
	for _, indexes := range work {
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			if len(indexes) == 1 {
				out[indexes[0]].Answer, out[indexes[0]].Err = v.Run(ctx, list[indexes[0]])
				return
			}
			v.batch(ctx, list, indexes, out)
		})
	}
	group.Wait()
	return out
}

// batchItem is one command of a batch.
type batchItem struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"` // absolute
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// batchAnswer is the outcome of one command of a batch.
type batchAnswer struct {
	ID      string          `json:"id"`
	Status  int             `json:"status"`
	Headers map[string]any  `json:"headers"`
	Body    json.RawMessage `json:"body"`
}

// batch carries out the commands with the given indexes; those that a batch leaves open go into the next one, until the
// attempts are used up.
func (v *Invoke) batch(ctx context.Context, list []Command, indexes []int, out []Result) {
	open := indexes
	for n := 0; len(open) > 0; n++ {
		answers, err := v.sendBatch(ctx, list, open)
		if err != nil {
			for _, i := range open {
				out[i].Err = reOp(err, &list[i])
			}
			return
		}
		var next []int
		var wait pause
		for _, i := range open {
			a := answers[strconv.Itoa(i)]
			again, p := v.take(ctx, &list[i], a, &out[i])
			if a != nil && a.Status == http.StatusUnauthorized && n < 2 {
				v.stale.Store(true)
				again, p = true, pause{told: true}
			}
			if again {
				next = append(next, i)
				wait = wait.longer(p)
			}
		}
		open = next
		if len(open) == 0 || n+1 >= v.attempts || !v.pauseFor(ctx, wait, n) {
			return
		}
	}
}

// take reads the outcome of one command of a batch; again says that it may be sent once more.
func (v *Invoke) take(ctx context.Context, c *Command, a *batchAnswer, into *Result) (again bool, p pause) {
	if a == nil {
		into.Err = &fault.Error{Kind: unanswered(c), Op: c.op(), Err: errors.New("the answer to a batch lacks its outcome")}
		return true, p
	}
	h := a.header()
	if a.Status < 200 || a.Status > 299 {
		n := readRefusal(a.Status, h, a.text())
		f := n.fault(c)
		p = pauseOf(h, v.now())
		f.Delay = p.delay
		into.Err = f
		return n.again(c), p
	}
	answer, next, err := readAnswer(a.Body)
	if err != nil {
		into.Err = &fault.Error{Kind: unanswered(c), Op: c.op(), Err: err}
		return true, p
	}
	into.Err, answer.RequestID = nil, requestID(h)
	if next != "" {
		page, err := newPosting(c, "")
		if err != nil {
			into.Err = err
			return false, p
		}
		answer, into.Err = v.rest(ctx, page, answer, next)
	}
	into.Answer = answer
	return false, p
}

// text gives the body as the server meant it: an error that is no JSON stands in a JSON string.
func (a *batchAnswer) text() []byte {
	var s string
	if json.Unmarshal(a.Body, &s) == nil { // null too, which is no body at all
		return []byte(s)
	}
	return a.Body
}

func (a *batchAnswer) header() http.Header {
	h := http.Header{}
	for k, v := range a.Headers {
		h.Set(k, fmt.Sprint(v))
	}
	return h
}

// sendBatch sends one batch and gives the outcomes by id.
func (v *Invoke) sendBatch(ctx context.Context, list []Command, open []int) (map[string]*batchAnswer, error) {
	items := make([]batchItem, len(open))
	for k, i := range open {
		p, err := newPosting(&list[i], v.base.String()+v.endpoint(&list[i]))
		if err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Op: list[i].op(), Err: err}
		}
		h := v.headers(p.command)
		h["Prefer"] += ";odata.continue-on-error"
		items[k] = batchItem{strconv.Itoa(i), http.MethodPost, p.url, h, p.body}
	}
	body, err := json.Marshal(map[string]any{"requests": items})
	if err != nil {
		return nil, err
	}
	c := &Command{Cmdlet: "batch of " + strconv.Itoa(len(open))}
	raw, err := v.send(ctx, posting{command: c, url: v.base.String() + v.path("beta") + "/$batch", body: body, repeat: true})
	if err != nil {
		return nil, err
	}
	var got struct {
		Responses []batchAnswer `json:"responses"`
	}
	if err := json.Unmarshal(raw.body, &got); err != nil {
		return map[string]*batchAnswer{}, nil // as good as lost: each command says what that means for it
	}
	out := make(map[string]*batchAnswer, len(got.Responses))
	for i := range got.Responses {
		out[got.Responses[i].ID] = &got.Responses[i]
	}
	return out, nil
}

// reOp gives a batch's failure the name and the kind that it has for one of its commands.
func reOp(err error, c *Command) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	mine := *f
	mine.Op = c.op()
	if mine.Kind == fault.Unknown || mine.Kind == fault.Transient && f.Kind == fault.Unknown {
		mine.Kind = unanswered(c)
	}
	return &mine
}

// headers gives what every command is sent with.
func (v *Invoke) headers(c *Command) map[string]string {
	h := map[string]string{
		"Content-Type":            "application/json; charset=utf-8",
		"Accept":                  "application/json; odata.metadata=minimal",
		"Accept-Language":         "en-US", // errors are told apart by exception, and a few by their English text
		"X-AnchorMailbox":         appAnchor + v.tenantID,
		"X-ResponseFormat":        "json",
		"X-SerializationLevel":    "Partial",
		"X-ClientApplication":     "coexist",
		"connection-id":           v.connection,
		"client-request-id":       retry.NewID(),
		"parameter-based-routing": "true",
		"Prefer":                  "odata.maxpagesize=" + strconv.Itoa(pageSize),
		"WarningAction":           "Continue",
	}
	if !strings.Contains(c.Cmdlet, " ") {
		h["X-CmdletName"] = c.Cmdlet
	}
	return h
}

// posting is one request on its way.
type posting struct {
	command *Command
	url     string
	body    []byte
	repeat  bool // may be sent twice whatever the command is
}

// newPosting writes a command as a request.
func newPosting(c *Command, address string) (posting, error) {
	body, err := c.body()
	if err != nil {
		return posting{}, errors.New("the command cannot be written as JSON")
	}
	if len(c.Select) > 0 {
		address += "?$select=" + strings.Join(c.Select, ",")
	}
	return posting{command: c, url: address, body: body}, nil
}

// post sends a command and reads its answer. An answer that is cut or no answer at all is asked for again where that does
// no harm.
func (v *Invoke) post(ctx context.Context, p posting) (Answer, string, error) {
	for n := 0; ; n++ {
		raw, err := v.send(ctx, p)
		if err != nil {
			return Answer{}, "", err
		}
		a, next, err := readAnswer(raw.body)
		switch {
		case err == nil:
			a.RequestID = requestID(raw.header)
			return a, next, nil
		case p.command.makes() || n+1 >= v.attempts || !v.pauseFor(ctx, pause{}, n):
			return Answer{}, "", &fault.Error{Kind: unanswered(p.command), Op: p.command.op(), RequestID: requestID(raw.header), Err: err}
		}
	}
}
