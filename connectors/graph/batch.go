package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/internal/retry"
)

// batchLimit is how many requests one $batch holds (Microsoft Graph, JSON batching).
const batchLimit = 20

const batchPath = "/$batch"

// item is one request of a batch. After names the items, by their index before it in the list, that must succeed first;
// they must fall into the same twenty.
type item struct {
	request
	after []int
}

// batchItem is an item as Graph takes it.
type batchItem struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	DependsOn []string          `json:"dependsOn,omitempty"`
	Headers   map[string]string `json:"headers,omitempty"`
	Body      any               `json:"body,omitempty"`
}

// itemResponse is an answer as Graph gives it.
type itemResponse struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// result is what came of an item; its error is a *fault.Error, as send's is.
type result struct {
	answer
	err error
}

// batch carries out requests by twenties and gives the result of each in order. It repeats by the transport's own table,
// item by item: what was throttled, or failed, or has no answer is asked again if that is safe, together with what waits for
// it, and after the longest time that any of them was told. A create without an answer is fault.Unknown.
func (c *Connector) batch(ctx context.Context, items []item) []result {
	out := make([]result, len(items))
	for from := 0; from < len(items); from += batchLimit {
		to := min(from+batchLimit, len(items))
		b := &bundle{Connector: c, items: items, out: out}
		for i := from; i < to; i++ {
			b.open = append(b.open, i)
		}
		b.run(ctx)
	}
	return out
}

// bundle is one batch on its way.
type bundle struct {
	*Connector
	items []item
	out   []result
	open  []int         // the items that are not settled yet, by index
	delay time.Duration // the longest that an item was told to wait
	// renewed says that the token was replaced because an item was refused for it, which happens once; fresh, that it was in
	// this round.
	renewed, fresh bool
}

func (b *bundle) run(ctx context.Context) {
	for n := 0; ; n++ {
		again := b.round(ctx)
		if len(again) == 0 || n+1 >= b.sender.attempts || b.delay > longestWait {
			return
		}
		if err := b.sender.sleep(ctx, max(b.delay, b.sender.backoff(n))); err != nil {
			return
		}
		b.open = again
	}
}

// round sends what is open, files the results and gives what to send again.
func (b *bundle) round(ctx context.Context) (again []int) {
	b.delay = 0
	for _, i := range b.open {
		b.out[i] = result{err: b.classify(b.items[i].request, answer{}, &sendError{true, errors.New("the batch has no answer to it")})}
	}
	total := cost{}
	for _, i := range b.open {
		total = total.plus(b.items[i].cost())
	}
	if err := b.sender.pace.wait(ctx, total); err != nil {
		b.refuse(b.classify(request{op: "batch"}, answer{}, &sendError{false, err}))
		return nil
	}
	a, err := b.send(ctx, request{op: "batch", why: write, method: "POST", path: batchPath, body: b.envelope()})
	switch {
	case err == nil:
		b.file(a)
	case fault.KindOf(err) != fault.Unknown: // nothing of it took effect, and the transport has asked often enough
		b.refuse(err)
		return nil
	}
	expired := slices.ContainsFunc(b.open, func(i int) bool { return b.out[i].status == http.StatusUnauthorized })
	if b.fresh = expired && !b.renewed; b.fresh {
		b.credential.renew()
		b.renewed = true
	}
	for _, i := range b.open {
		if b.repeats(i) {
			again = append(again, i)
		}
	}
	return again
}

// refuse gives every item the fault of the whole.
func (b *bundle) refuse(err error) {
	for _, i := range b.open {
		b.out[i] = result{err: err}
		var whole *fault.Error
		if errors.As(err, &whole) {
			one := *whole
			one.Op = b.items[i].op
			b.out[i].err = &one
		}
	}
}

// envelope is the batch's body. An item waits only for those that are sent along: the others have succeeded.
func (b *bundle) envelope() entity {
	list := make([]batchItem, 0, len(b.open))
	for _, i := range b.open {
		it := &b.items[i]
		e := batchItem{ID: strconv.Itoa(i), Method: it.method, URL: it.path + query(it.query), Headers: map[string]string{}}
		for h := 0; h+1 < len(it.header); h += 2 {
			e.Headers[it.header[h]] = it.header[h+1]
		}
		if it.body != nil {
			e.Headers["Content-Type"], e.Body = "application/json", it.body
		}
		for _, d := range it.after {
			if slices.Contains(b.open, d) {
				e.DependsOn = append(e.DependsOn, strconv.Itoa(d))
			}
		}
		list = append(list, e)
	}
	return entity{{"requests", list}}
}

// file takes the answers, which come in any order and not always all. What cannot be read leaves its item unanswered.
func (b *bundle) file(a answer) {
	var got struct{ Responses []itemResponse }
	if err := json.Unmarshal(a.body, &got); err != nil {
		return
	}
	for _, r := range got.Responses {
		i, err := strconv.Atoi(r.ID)
		if err != nil || !slices.Contains(b.open, i) {
			continue
		}
		one := answer{status: r.Status, header: http.Header{}, body: r.Body}
		if bytes.Equal(bytes.TrimSpace(r.Body), []byte("null")) {
			one.body = nil
		}
		for k, v := range r.Headers {
			one.header.Set(k, v)
		}
		b.sender.pace.heed(one.header, b.items[i].method != http.MethodGet)
		b.out[i] = result{answer: one}
		if one.status < 200 || one.status > 299 {
			b.out[i].err = b.classify(b.items[i].request, one, nil)
			b.wait(one)
		}
	}
	for _, i := range b.open {
		b.inherit(i)
	}
}

// wait notes how long a refused item was told to wait; a throttled one holds all other requests too.
func (b *bundle) wait(a answer) {
	if d, told := retry.After(a.header, b.now()); told {
		b.delay = max(b.delay, d)
		if a.status == http.StatusTooManyRequests {
			b.sender.pace.hold(min(d, longestWait))
		}
	}
}

// inherit gives an item that was not begun, because one that it waits for failed, the kind of that failure.
func (b *bundle) inherit(i int) {
	if b.out[i].status != http.StatusFailedDependency {
		return
	}
	for _, d := range b.items[i].after {
		if err := b.out[d].err; err != nil {
			b.out[i].err = &fault.Error{Kind: fault.KindOf(err), Op: b.items[i].op, Err: fmt.Errorf("not begun: %w", err)}
			return
		}
	}
}

// repeats reports whether to send an item again.
func (b *bundle) repeats(i int) bool {
	r := &b.out[i]
	switch {
	case r.err == nil:
		return false
	case r.status == http.StatusTooManyRequests:
		return true
	case r.status == http.StatusUnauthorized:
		return b.fresh
	case r.status == http.StatusFailedDependency:
		return slices.ContainsFunc(b.items[i].after, func(d int) bool { return slices.Contains(b.open, d) && b.repeats(d) })
	}
	switch fault.KindOf(r.err) {
	case fault.Transient, fault.Unreachable, fault.Unknown:
		it := &b.items[i]
		return r.status == 0 && fault.KindOf(r.err) != fault.Unknown || repeatable(it.method, it.path)
	}
	return false
}

// cost is what the item takes from the tenant's limits.
func (i *item) cost() cost {
	u, err := url.Parse(i.path + query(i.query))
	if err != nil {
		return cost{units: 1}
	}
	return costOf(i.method, u)
}
