package sandbox

import (
	"net/http"
	"strings"
)

// door is an endpoint beside Graph on the same tenant: a path prefix and what answers below it. It runs as Graph's routes
// do, under the tenant's lock, after the request got its ids and before it is logged; what it changes is settled for delta.
type door struct {
	prefix string // such as /adminapi/
	serve  func(*Tenant, *request, *http.Request) answer
}

// doors lists the endpoints beside Graph.
func doors() []door { return []door{{exchangePrefix, (*Tenant).serveExchange}} }

// enterDoor answers a request below a door.
func (t *Tenant) enterDoor(d door, hr *http.Request, body []byte) (answer, http.Header) {
	t.inFlight.Add(1)
	defer t.inFlight.Add(-1)
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &request{method: hr.Method, path: hr.URL.EscapedPath(), header: hr.Header, body: body, base: baseURL(hr)}
	if hr.URL.RawQuery != "" {
		r.path += "?" + hr.URL.RawQuery
	}
	t.identify(r)
	t.purgeExpired()
	a := d.serve(t, r, hr)
	t.settle()
	defer func() { t.skew = 0 }()
	return a, t.headers(r, a)
}

// doorOf finds the door of a path.
func (t *Tenant) doorOf(path string) (door, bool) {
	for _, d := range t.doors {
		if len(path) >= len(d.prefix) && strings.EqualFold(path[:len(d.prefix)], d.prefix) {
			return d, true
		}
	}
	return door{}, false
}
