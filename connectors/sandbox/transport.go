package sandbox

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// Transport gives the tenant as an http.RoundTripper in the same process, without a socket: together with an injected
// clock an hour of traffic passes in milliseconds. Torn answers end as they do on the wire: with a connection reset, or
// with io.ErrUnexpectedEOF in the middle of the body.
func (t *Tenant) Transport() http.RoundTripper { return inProcess{t} }

type inProcess struct{ t *Tenant }

// RoundTrip serves one request. It closes the request's body, as http.RoundTripper asks for.
func (p inProcess) RoundTrip(q *http.Request) (*http.Response, error) {
	if q.Body != nil {
		defer q.Body.Close() // read whole by then, or not needed
	}
	if err := q.Context().Err(); err != nil {
		return nil, err
	}
	in := q.Clone(q.Context())
	in.RequestURI = q.URL.RequestURI()
	if in.Host == "" {
		in.Host = q.URL.Host
	}
	w := &recorder{header: http.Header{}}
	torn := w.run(p.t, in)
	if err := q.Context().Err(); err != nil {
		return nil, err
	}
	if torn && w.status == 0 {
		return nil, &url.Error{Op: q.Method, URL: q.URL.Redacted(), Err: &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}}
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	var body io.Reader = &w.body
	length := int64(w.body.Len())
	if torn {
		body, length = io.MultiReader(&w.body, broken{}), -1
	}
	return &http.Response{Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(body), ContentLength: length, Request: q}, nil
}

// broken is the end of a torn body.
type broken struct{}

// Read fails.
func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header gives the headers of the answer.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader keeps the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write keeps a part of the body.
func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Flush does nothing: everything is kept.
func (w *recorder) Flush() {}

// run serves the request; torn says that the handler aborted the connection.
func (w *recorder) run(h http.Handler, q *http.Request) (torn bool) {
	defer func() {
		switch p := recover(); {
		case p == nil:
		case isAbort(p):
			torn = true
			w.header.Del("Content-Length")
		default:
			panic(p)
		}
	}()
	h.ServeHTTP(w, q)
	return false
}

func isAbort(p any) bool {
	err, ok := p.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}
