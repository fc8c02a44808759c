package graph

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/coexistsync/coexist/internal/retry"
)

const (
	firstBackoff   = time.Second      // ceiling of the first wait without a Retry-After; it doubles
	longestBackoff = 60 * time.Second // ceiling of any such wait
	longestWait    = 5 * time.Minute  // a Retry-After beyond this is handed to the caller instead of waited for
	largestAnswer  = 256 << 20        // bytes; a page of 999 users has about 2 MB
)

// transport carries one logical request until it is answered: it paces, repeats what may be repeated, and reads each
// answer to its end, so that a connection cut in the middle of a body is repeated like any other failure.
//
//	answer                          GET PUT PATCH DELETE, POST named in repeatable   other POST
//	429                             again                                            again
//	500 502 503 504, 408            again                                            handed back
//	no connection could be made     again                                            again
//	timeout, reset, cut body        again                                            error, may have taken effect
type transport struct {
	next     http.RoundTripper
	pace     *pacer
	now      func() time.Time
	sleep    func(context.Context, time.Duration) error
	jitter   func() float64 // in [0, 1)
	attempts int
	timeout  time.Duration // of one attempt
	agent    string
}

// sendError is a request without an answer. Sent says that it, or an earlier attempt, may have taken effect.
type sendError struct {
	sent bool
	err  error
}

func (e *sendError) Error() string { return e.err.Error() }
func (e *sendError) Unwrap() error { return e.err }

// repeatable reports whether the request can be sent twice with the effect of once. Of POSTs, assignLicense sets what it
// names, restore and adding a link answer that it was done already.
func repeatable(method, path string) bool {
	if method != http.MethodPost {
		return true
	}
	for _, end := range []string{"/assignLicense", "/restore", "/$ref"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

func isWrite(req *http.Request) bool { return req.Method != http.MethodGet }

// RoundTrip is http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := requestBody(req)
	if err != nil {
		return nil, &sendError{false, err}
	}
	ctx, again, sent := req.Context(), repeatable(req.Method, req.URL.Path), false
	header := req.Header.Clone()
	header.Set("client-request-id", retry.NewID())
	header.Set("User-Agent", t.agent)
	for n := 0; ; n++ {
		if err := t.pace.wait(ctx, costOf(req.Method, req.URL)); err != nil {
			return nil, &sendError{sent, err}
		}
		resp, err := t.attempt(req, header, body)
		var delay time.Duration
		repeat := false
		switch {
		case err != nil:
			made := !retry.Unsent(err)
			sent = sent || made
			repeat = ctx.Err() == nil && (again || !made) && !retry.Untrusted(err)
			delay = t.backoff(n)
		default:
			sent = sent || resp.StatusCode >= 500
			delay, repeat = t.verdict(resp, n, again)
		}
		switch {
		case repeat && n+1 < t.attempts && delay <= longestWait:
		case err != nil:
			return nil, &sendError{sent, err}
		default:
			return resp, nil
		}
		if err := t.sleep(ctx, delay); err != nil {
			return nil, &sendError{sent, err}
		}
	}
}

// verdict says whether to send again after an answer, and when. Being throttled stops every other request too.
func (t *transport) verdict(resp *http.Response, n int, again bool) (time.Duration, bool) {
	delay, told := retry.After(resp.Header, t.now())
	if !told {
		delay = t.backoff(n)
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		t.pace.hold(min(delay, longestWait))
		return delay, true
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return delay, again
	}
	return 0, false
}

// backoff is full jitter: any time up to a ceiling that doubles with each attempt.
func (t *transport) backoff(n int) time.Duration {
	ceiling := min(longestBackoff, firstBackoff<<min(n, 10))
	return time.Duration(t.jitter() * float64(ceiling))
}

// attempt sends the request once and reads the whole answer.
func (t *transport) attempt(req *http.Request, header http.Header, body []byte) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), t.timeout)
	defer cancel()
	r := req.Clone(ctx)
	r.Header = header.Clone()
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if !strings.HasSuffix(req.URL.Path, batchPath) { // its items warn, each by itself
		t.pace.heed(resp.Header, isWrite(req))
	}
	all, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read answer with status %d: %w", resp.StatusCode, err)
	case len(all) > largestAnswer:
		return nil, fmt.Errorf("answer with status %d is larger than %d MiB", resp.StatusCode, largestAnswer>>20)
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(all)), int64(len(all))
	if claims := resp.Header.Get("WWW-Authenticate"); strings.Contains(claims, "claims") && !challenge.MatchString(claims) {
		resp.Header.Del("WWW-Authenticate") // kiota's adapter panics over a challenge whose claims are not quoted
	}
	return resp, nil
}

// challenge is what kiota-http-go expects of a continuous access evaluation challenge.
var challenge = regexp.MustCompile(`claims="[^",]+"`)

// requestBody reads the request's body, nil when it has none.
func requestBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}
