package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"hash/crc32"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/coexistsync/coexist/connectors/sandbox/odata"
)

// query is a request's system query options.
type query struct {
	raw      string
	values   url.Values // names in lower case
	advanced bool       // ConsistencyLevel: eventual and $count=true
	eventual bool       // ConsistencyLevel: eventual
	count    bool       // answer @odata.count
	selected []string   // nil without $select
	top      int        // 0 without $top
	filter   *odata.Node
	search   *odata.Node
	order    *ordering
	skip     string // the last id of the previous page
	expand   []expansion
	repeated bool // a fault repeats a row
}

// expansion is one navigation property of $expand, with its $select.
type expansion struct {
	name     string
	selected []string
}

// parseQuery reads the query options; those not modelled are refused.
func parseQuery(raw string, h http.Header) (query, error) {
	q := query{raw: raw, values: url.Values{}}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, badRequest("Bad Request - Invalid query string.")
	}
	for _, k := range slices.Sorted(maps.Keys(values)) {
		v := values[k]
		k = strings.ToLower(k)
		if !strings.HasPrefix(k, "$") {
			k = "$" + k // v1.0 takes options without the dollar sign too
		}
		if len(v) > 1 || q.values.Has(k) {
			return q, badRequest("Query option '%s' was specified more than once, but it must be specified at most once.", k)
		}
		q.values[k] = v
	}
	q.eventual = strings.EqualFold(h.Get("ConsistencyLevel"), "eventual")
	counted := strings.EqualFold(q.values.Get("$count"), "true")
	q.count = counted && q.eventual
	q.advanced = q.count
	for _, k := range slices.Sorted(maps.Keys(q.values)) {
		if err := q.option(k, q.values.Get(k)); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (q *query) option(name, v string) (err error) {
	switch name {
	case "$select":
		q.selected = []string{}
		for s := range strings.SplitSeq(v, ",") {
			if s = strings.TrimSpace(s); s != "" {
				q.selected = append(q.selected, s)
			}
		}
	case "$top":
		q.top, err = strconv.Atoi(v)
		if err != nil || q.top < 1 || q.top > maxPage {
			return unsupportedQuery("Invalid page size specified: '%s'. Must be between 1 and %d inclusive.", v, maxPage)
		}
	case "$filter":
		if q.filter, err = odata.Parse(v); err != nil {
			return badRequest("Invalid filter clause: %s.", err)
		}
	case "$count":
	case "$skiptoken":
		q.skip = v
	case "$deltatoken":
	case "$expand":
		q.expand, err = parseExpand(v)
	case "$search":
		if !q.eventual {
			return unsupportedQuery("Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
		}
		if q.search, err = odata.ParseSearch(v); err != nil {
			return badRequest("Invalid search clause: %s.", err)
		}
	case "$orderby":
		q.order, err = parseOrder(v)
	default:
		return notModelled("the query option %s", name)
	}
	return err
}

// parseExpand reads navigation properties with at most a $select each.
func parseExpand(v string) ([]expansion, error) {
	var out []expansion
	for rest := v; rest != ""; {
		end := strings.IndexAny(rest, ",(")
		if end < 0 {
			end = len(rest)
		}
		e := expansion{name: strings.TrimSpace(rest[:end])}
		rest = rest[end:]
		if strings.HasPrefix(rest, "(") {
			options, tail, ok := strings.Cut(rest[1:], ")")
			if !ok {
				return nil, badRequest("Parsing OData Select and Expand failed: missing closing parenthesis in '%s'.", v)
			}
			list, ok := strings.CutPrefix(strings.TrimSpace(options), "$select=")
			if !ok || strings.Contains(list, ";") {
				return nil, notModelled("$expand with the options %q", options)
			}
			for s := range strings.SplitSeq(list, ",") {
				e.selected = append(e.selected, strings.TrimSpace(s))
			}
			rest = tail
		}
		out = append(out, e)
		rest = strings.TrimPrefix(strings.TrimSpace(rest), ",")
	}
	return out, nil
}

// Page sizes of directory objects.
const (
	defaultPage = 100
	maxPage     = 999
)

func (q *query) pageSize() int {
	if q.top > 0 {
		return q.top
	}
	return defaultPage
}

// cursor is what a skip token holds: the last id of the page, and what the token belongs to.
type cursor struct {
	After string `json:"a"`
	Key   string `json:"k,omitempty"` // of the same object, under $orderby
	Scope uint32 `json:"s"`
}

// tokenMark begins every skip token; in base64 it reads RFNwdA, as the service's tokens do.
const tokenMark = "DSpt\x02"

// scope ties a token to its path and to the options that must not change between pages.
func (r *request) scope() uint32 {
	v := r.query.values
	return crc32.ChecksumIEEE([]byte(strings.ToLower(strings.Join(r.segments, "/")) + "\x00" + v.Get("$filter") + "\x00" + v.Get("$select") + "\x00" + v.Get("$expand") + "\x00" + v.Get("$orderby") + "\x00" + v.Get("$search")))
}

// nextLink gives the absolute URL of the page after id, which is ordered by key. Every other option stays as the client wrote it.
func (r *request) nextLink(id, key string) string {
	c, err := json.Marshal(cursor{id, key, r.scope()})
	if err != nil { // two plain fields
		panic(err)
	}
	token := base64.RawURLEncoding.EncodeToString([]byte(tokenMark + string(c)))
	path, _, _ := strings.Cut(r.path, "?")
	var keep []string
	for option := range strings.SplitSeq(r.query.raw, "&") {
		name, _, _ := strings.Cut(option, "=")
		if n, err := url.QueryUnescape(name); option == "" || err == nil && strings.EqualFold(strings.TrimPrefix(n, "$"), "skiptoken") {
			continue
		}
		keep = append(keep, option)
	}
	return r.base + path + "?" + strings.Join(append(keep, "$skiptoken="+token), "&")
}

// after gives where the page before the asked one ended; the zero cursor for the first.
func (r *request) after() (cursor, error) {
	if r.query.skip == "" {
		return cursor{}, nil
	}
	expired := refuse(http.StatusBadRequest, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
	b, err := base64.RawURLEncoding.DecodeString(r.query.skip)
	body, ok := strings.CutPrefix(string(b), tokenMark)
	var c cursor
	if err != nil || !ok || json.Unmarshal([]byte(body), &c) != nil || c.Scope != r.scope() {
		return cursor{}, expired
	}
	return c, nil
}
