package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// request is one call, on the wire or an item of a batch.
type request struct {
	method   string
	path     string // as it came, with the query; for the log
	segments []string
	query    query
	header   http.Header
	body     []byte
	base     string // scheme and host, for absolute URLs in answers
	caller   *caller
	id       string
	clientID string
	batch    string // request id of the batch that holds it

	route *route
	args  []string // what the pattern's {…} matched
	cost  cost
	load  float64 // how full the fullest throttling bucket is, 1 at its limit

	isBatch bool

	exchange bool   // it goes to Exchange Online
	cmdlet   string // the cmdlet that it asks for
}

// splitPath splits an escaped path below /v1.0 into segments: keys in parentheses become segments of their own, so that
// users('a') and users/a are the same, and an alternate key is written out, groups(uniqueName='a') as groups, uniqueName=, a.
func splitPath(escaped string) ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(strings.Trim(escaped, "/"), "/") {
		s, err := url.PathUnescape(part)
		if err != nil {
			return nil, fmt.Errorf("segment %q: %w", part, err)
		}
		name, key, keyed := strings.Cut(s, "(")
		if !keyed || !strings.HasSuffix(key, ")") {
			out = append(out, s)
			continue
		}
		key = strings.TrimSuffix(key, ")")
		out = append(out, name)
		if key == "" { // delta()
			continue
		}
		if property, value, ok := strings.Cut(key, "="); ok && !strings.HasPrefix(key, "'") {
			out, key = append(out, property+"="), value
		}
		out = append(out, strings.ReplaceAll(strings.Trim(key, "'"), "''", "'"))
	}
	return out, nil
}

// fields reads a JSON object body, keeping the raw text of every member. Members stand twice in no body that Graph takes.
func (r *request) fields() (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(r.body))
	if err := d.Decode(&m); err != nil || m == nil || d.More() || !strings.Contains(r.header.Get("Content-Type"), "json") {
		return nil, badRequest("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	return m, nil
}

// decode reads a JSON body into v.
func (r *request) decode(v any) error {
	if _, err := r.fields(); err != nil {
		return err
	}
	if err := json.Unmarshal(r.body, v); err != nil {
		return badRequest("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	return nil
}

// preference gives the value of a name=value preference of the Prefer header.
func (r *request) preference(name string) (string, bool) {
	for _, v := range r.header.Values("Prefer") {
		for p := range strings.SplitSeq(v, ",") {
			if k, x, ok := strings.Cut(strings.TrimSpace(p), "="); ok && strings.EqualFold(k, name) {
				return x, true
			}
		}
	}
	return "", false
}

// prefers reports whether a Prefer header holds the token.
func (r *request) prefers(token string) bool {
	for _, v := range r.header.Values("Prefer") {
		for p := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(p), token) {
				return true
			}
		}
	}
	return false
}
