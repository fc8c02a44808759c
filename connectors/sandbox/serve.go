package sandbox

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// maxBody is the largest request body that is read; Graph's own limit for JSON is 4 MB.
const maxBody = 4 << 20

// Handler gives the tenant as an http.Handler: Graph under /v1.0, and the sign-in endpoints. Set it behind a listener, or
// call it from an http.RoundTripper in the same process.
func (t *Tenant) Handler() http.Handler { return t }

// ServeHTTP answers one request.
func (t *Tenant) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	defer t.touched(hr)
	body, err := readBody(hr)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if d, ok := t.doorOf(hr.URL.Path); ok {
		a, h := t.enterDoor(d, hr, body)
		t.write(w, hr, a, h)
		return
	}
	path, graph := strings.CutPrefix(hr.URL.EscapedPath(), "/v1.0/")
	if !graph {
		t.signIn(w, hr, body)
		return
	}
	a, h := t.graph(hr, path, body)
	t.write(w, hr, a, h)
}

// graph answers one request to Graph.
func (t *Tenant) graph(hr *http.Request, path string, body []byte) (answer, http.Header) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &request{method: hr.Method, path: "/v1.0/" + path, header: hr.Header, body: body, base: baseURL(hr)}
	if hr.URL.RawQuery != "" {
		r.path += "?" + hr.URL.RawQuery
	}
	t.identify(r)
	t.purgeExpired()
	a := t.enter(r, path, hr.URL.RawQuery)
	t.settle()
	defer func() { t.skew = 0 }()
	return a, t.headers(r, a)
}

// enter authenticates the caller and serves a request or a batch.
func (t *Tenant) enter(r *request, path, rawQuery string) answer {
	who, err := t.authenticate(r)
	if err != nil {
		a := t.answerOf(r, err)
		t.record(r, a)
		return a
	}
	r.caller = who
	if strings.EqualFold(path, "$batch") {
		return t.batch(r)
	}
	return t.serve(r, path, rawQuery)
}

// identify gives the request its ids.
func (t *Tenant) identify(r *request) {
	t.asked++
	r.id = t.derive("request", t.asked)
	if r.clientID = r.header.Get("client-request-id"); r.clientID == "" {
		r.clientID = r.id
	}
}

// serve carries out one authenticated request, alone or from a batch: route, permission, throttling, faults.
func (t *Tenant) serve(r *request, path, rawQuery string) answer {
	var a answer
	if err := t.prepare(r, path, rawQuery); err != nil {
		a = t.answerOf(r, err)
	} else {
		a = t.perform(r)
	}
	t.record(r, a)
	return a
}

// prepare finds the route of a request and checks what can be checked before the handler.
func (t *Tenant) prepare(r *request, path, rawQuery string) (err error) {
	if r.segments, err = splitPath(path); err != nil {
		return badRequest("Invalid URL: %s.", err)
	}
	if r.query, err = parseQuery(rawQuery, r.header); err != nil {
		return err
	}
	var known bool
	if r.route, r.args, known = t.routeOf(r); r.route == nil {
		return t.unknown(r, known)
	}
	r.cost = r.costOf(r.route)
	if err := t.throttle(r); err != nil {
		return err
	}
	if !r.caller.may(r.route.allowed) {
		return denied()
	}
	return nil
}

// unknown answers a path outside the modelled subset.
func (t *Tenant) unknown(r *request, known bool) *refusal {
	switch {
	case !t.options.Lenient:
		return notModelled("%s /%s", r.method, strings.Join(r.segments, "/"))
	case known:
		return refuse(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
	}
	return refuse(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", r.segments[len(r.segments)-1])
}

// perform runs the handler under the faults that match.
func (t *Tenant) perform(r *request) answer {
	f := t.fault(r)
	if a, ok := f.before(t, r); ok {
		return a
	}
	t.planLag(f)
	r.query.repeat(f)
	a, err := r.route.handle(t, r)
	if err != nil {
		a = t.answerOf(r, err)
	}
	return f.after(t, r, a)
}

func readBody(hr *http.Request) ([]byte, error) {
	if hr.Body == nil {
		return nil, nil
	}
	var in io.Reader = hr.Body
	if strings.EqualFold(hr.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(hr.Body)
		if err != nil {
			return nil, fmt.Errorf("read gzip body: %w", err)
		}
		in = z
	}
	b, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	if len(b) > maxBody {
		return nil, fmt.Errorf("the body is larger than %d bytes", maxBody)
	}
	return b, nil
}

// baseURL gives scheme and host as the client spelled them.
func baseURL(hr *http.Request) string {
	scheme := hr.URL.Scheme
	if scheme == "" {
		scheme = "http"
		if hr.TLS != nil {
			scheme = "https"
		}
	}
	host := hr.Host
	if host == "" {
		host = hr.URL.Host
	}
	return scheme + "://" + host
}

var compressors = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil { // the level is a constant
		panic(err)
	}
	return z
}}

// worthwhile is the size in bytes from which an answer is compressed.
const worthwhile = 1024

// write sends an answer. A torn one ends by aborting the connection, which the client sees as an unexpected end.
func (t *Tenant) write(w http.ResponseWriter, hr *http.Request, a answer, h http.Header) {
	for k, v := range h {
		w.Header()[k] = v
	}
	w.Header().Set("Vary", "Accept-Encoding")
	body := a.body
	if a.delay > 0 {
		t.options.Sleep(hr.Context(), a.delay)
	}
	switch a.mangle {
	case resetAtOnce:
		panic(http.ErrAbortHandler)
	case truncated:
		body = body[:len(body)/2]
	case reset:
		if len(body) == 0 { // no answer has a middle to break in
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(body)+1))
		w.WriteHeader(a.status)
		_, _ = w.Write(body[:len(body)/2]) // the connection is torn next
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	if t.options.NoCompression || len(body) < worthwhile || !strings.Contains(hr.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(a.status)
		_, _ = w.Write(body) // the client has gone; nobody is left to tell
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(a.status)
	z := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	z.Reset(w)
	_, _ = z.Write(body) // as above
	_ = z.Close()
}
