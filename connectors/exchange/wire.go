package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/internal/retry"
)

const (
	longestWait   = 5 * time.Minute // a longer pause is handed to the caller instead of waited for
	longestPause  = time.Minute
	pauseStep     = 3 * time.Second // without a Retry-After: so long times the attempt, as Microsoft's own module does
	largestAnswer = 256 << 20       // bytes
)

// wire sends requests, signed, a few at a time, and repeats those that may be.
type wire struct {
	base       *url.URL // the origin
	tenantID   string
	credential azcore.TokenCredential
	scope      string
	client     *http.Client
	agent      string
	connection string // connection-id, one per process
	attempts   int
	timeout    time.Duration
	slots      chan struct{}
	now        func() time.Time
	sleep      func(context.Context, time.Duration) error
	jitter     func() float64
	stale      atomic.Bool // the next token must be a new one

	mu    sync.Mutex
	until time.Time // nobody sends before
}

func newWire(c Config) (*wire, error) {
	base, err := origin(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if c.Credential == nil {
		return nil, errors.New("exchange connector needs a credential")
	}
	if c.TenantID == "" {
		return nil, errors.New("exchange connector needs a tenant id")
	}
	c = c.withDefaults(base)
	return &wire{base: base, tenantID: c.TenantID, credential: c.Credential, scope: c.Scope, agent: c.UserAgent, connection: retry.NewID(),
		attempts: c.Attempts, timeout: c.Timeout, slots: make(chan struct{}, c.Parallel), now: c.Now, sleep: c.Sleep, jitter: c.Jitter,
		// A redirect would take the token to wherever it points.
		client: &http.Client{Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// origin parses and checks where Exchange Online is.
func origin(s string) (*url.URL, error) {
	if s == "" {
		s = DefaultBaseURL
	}
	u, err := url.Parse(strings.TrimRight(s, "/"))
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Path != "":
		return nil, errors.New("address of Exchange Online: want https://host")
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u):
		return u, nil
	}
	return nil, fmt.Errorf("address of Exchange Online: %s://%s is not https, and no token is sent in the clear", u.Scheme, u.Host)
}

func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// reply is a response with its whole body.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// sendError is a request without an answer. Sent says that it, or an earlier attempt, may have taken effect.
type sendError struct {
	sent bool
	err  error
}

func (e *sendError) Error() string { return e.err.Error() }
func (e *sendError) Unwrap() error { return e.err }

// send carries one request until it is answered with success, or with what asking again does not mend:
//
//	answer                                             Get- Set- Add- Remove- and batches   New-
//	429, too many at once, refused before it began     again                                again
//	408, 5xx, a failure that may pass                  again                                handed back
//	no connection could be made, token refused once    again                                again
//	timeout, reset, cut body                           again                                handed back
func (w *wire) send(ctx context.Context, p posting) (reply, error) {
	renewed, sent := false, false
	repeat := p.repeat || !p.command.makes()
	for n := 0; ; n++ {
		r, err := w.once(ctx, p)
		var wait pause
		var again bool
		var failure error
		switch {
		case err != nil:
			var s *sendError
			made := errors.As(err, &s) && s.sent
			sent = sent || made
			if s != nil {
				s.sent = sent
			}
			failure = lost(p.command, err)
			again = s != nil && ctx.Err() == nil && (repeat || !made) && !retry.Untrusted(err)
		case r.status >= 200 && r.status <= 299:
			return r, nil
		default:
			no := readRefusal(r.status, r.header, r.body)
			f := no.fault(p.command)
			if wait = pauseOf(r.header, w.now()); f.Kind == fault.Throttled {
				f.Delay = wait.delay
				w.hold(min(w.length(wait, n), longestWait))
			}
			sent = sent || r.status >= 500
			failure, again = f, no.again(p.command)
			if r.status == http.StatusUnauthorized && !renewed {
				w.stale.Store(true)
				renewed = true
				continue
			}
		}
		if !again || n+1 >= w.attempts || !w.pauseFor(ctx, wait, n) {
			return reply{}, failure
		}
	}
}

// once sends the request one time and reads its answer to the end.
func (w *wire) once(ctx context.Context, p posting) (reply, error) {
	token, err := w.token(ctx)
	if err != nil {
		return reply{}, err
	}
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-ctx.Done():
		return reply{}, &sendError{false, ctx.Err()}
	}
	if err := w.calm(ctx); err != nil {
		return reply{}, &sendError{false, err}
	}
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return reply{}, &sendError{false, errors.New("build request")}
	}
	for k, s := range (&Invoke{wire: w}).headers(p.command) {
		req.Header.Set(k, s)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("User-Agent", w.agent)
	return w.exchange(req)
}

func (w *wire) exchange(req *http.Request) (reply, error) {
	resp, err := w.client.Do(req)
	if err != nil {
		return reply{}, &sendError{!retry.Unsent(err), err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer+1))
	switch {
	case err != nil && resp.StatusCode == http.StatusForbidden:
		body = nil // an unknown cmdlet is refused with a body that says gzip and holds nothing
	case err != nil:
		return reply{}, &sendError{true, fmt.Errorf("read answer with status %d: %w", resp.StatusCode, err)}
	case len(body) > largestAnswer:
		return reply{}, &sendError{true, fmt.Errorf("answer with status %d is larger than %d MiB", resp.StatusCode, largestAnswer>>20)}
	}
	return reply{resp.StatusCode, resp.Header, body}, nil
}

// token gives a token. Claims, even none in particular, are what credentials pass by their memory for.
func (w *wire) token(ctx context.Context) (string, error) {
	o := policy.TokenRequestOptions{Scopes: []string{w.scope}, EnableCAE: true}
	if w.stale.Swap(false) {
		o.Claims = "{}"
	}
	t, err := w.credential.GetToken(ctx, o)
	return t.Token, err
}

// calm waits until nobody has to hold back any more.
func (w *wire) calm(ctx context.Context) error {
	for held := (time.Time{}); ; {
		w.mu.Lock()
		until, d := w.until, w.until.Sub(w.now())
		w.mu.Unlock()
		if d <= 0 || !until.After(held) {
			return ctx.Err()
		}
		if err := w.sleep(ctx, d); err != nil {
			return err
		}
		held = until
	}
}

// hold lets nobody send for d.
func (w *wire) hold(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if until := w.now().Add(d); until.After(w.until) {
		w.until = until
	}
}

// pause is how long the server asks to wait, where it does.
type pause struct {
	told  bool
	delay time.Duration
}

func (p pause) longer(q pause) pause {
	if q.told && q.delay > p.delay || !p.told {
		return q
	}
	return p
}

// pauseOf reads a Retry-After header.
func pauseOf(h http.Header, now time.Time) pause {
	d, told := retry.After(h, now)
	return pause{told, d}
}

// length gives how long to wait before attempt n+2.
func (w *wire) length(p pause, n int) time.Duration {
	if p.told {
		return p.delay
	}
	return min(time.Duration(n+1)*pauseStep, longestPause) * time.Duration(50+int(w.jitter()*100)) / 100
}

// pauseFor waits before the next attempt; false says that it is too long, or that ctx ended.
func (w *wire) pauseFor(ctx context.Context, p pause, n int) bool {
	d := w.length(p, n)
	return d <= longestWait && w.sleep(ctx, d) == nil
}
