package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"strings"
)

// maxBatch is how many requests one $batch may hold.
const maxBatch = 20

// batchItem is one request of a batch.
type batchItem struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

// batch answers POST /$batch: the items run in their order, the answers come in another.
func (t *Tenant) batch(r *request) answer {
	r.isBatch = true
	f := t.fault(r)
	a, ok := f.before(t, r)
	if !ok {
		items, err := readBatch(r)
		if err != nil {
			a = t.answerOf(r, err)
		} else {
			a = f.after(t, r, t.runBatch(r, items))
		}
	}
	t.record(r, a)
	return a
}

// readBatch checks the envelope; what is wrong with it refuses the whole batch.
func readBatch(r *request) ([]batchItem, error) {
	if r.method != http.MethodPost {
		return nil, refuse(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
	}
	var body struct {
		Requests []batchItem `json:"requests"`
	}
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	malformed := func(format string, args ...any) error {
		return refuse(http.StatusBadRequest, "BadRequest", format, args...)
	}
	switch n := len(body.Requests); {
	case n == 0:
		return nil, malformed("The batch holds no requests.")
	case n > maxBatch:
		return nil, malformed("Number of batch request steps exceeds the maximum value of %d.", maxBatch)
	}
	seen := map[string]bool{}
	for _, it := range body.Requests {
		key := strings.ToLower(it.ID)
		if key == "" || seen[key] {
			return nil, malformed("Request id '%s' is missing or stands twice in the batch.", it.ID)
		}
		for _, d := range it.DependsOn {
			if !seen[strings.ToLower(d)] {
				return nil, malformed("Request '%s' depends on '%s', which does not stand before it.", it.ID, d)
			}
		}
		if it.Method == "" || it.URL == "" {
			return nil, malformed("Request '%s' has no method or no url.", it.ID)
		}
		seen[key] = true
	}
	return body.Requests, nil
}

// runBatch carries the items out and writes their answers, shuffled by the seed. A fault that tears or truncates the answer
// of an item does so to the whole.
func (t *Tenant) runBatch(r *request, items []batchItem) answer {
	out := answer{status: http.StatusOK}
	failed := map[string]bool{}
	var answers [][]byte
	for _, it := range items {
		a := t.runItem(r, it, failed)
		if a.status >= 400 {
			failed[strings.ToLower(it.ID)] = true
		}
		switch a.mangle {
		case lost:
			continue
		case truncated:
			out.mangle = truncated
		case reset, resetAtOnce:
			out.mangle = reset
		}
		out.delay = max(out.delay, a.delay)
		answers = append(answers, a.item)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(r.id)) // never fails
	rand.New(rand.NewPCG(t.options.Seed, h.Sum64())).Shuffle(len(answers), func(i, j int) { answers[i], answers[j] = answers[j], answers[i] })
	b := []byte(`{"responses":[`)
	for i, one := range answers {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, one...)
	}
	out.body = append(b, "]}"...)
	return out
}

// itemAnswer is the answer to one item, and as it stands in the batch's.
type itemAnswer struct {
	answer
	item []byte
}

func (t *Tenant) runItem(r *request, it batchItem, failed map[string]bool) itemAnswer {
	path, query, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(it.URL, "/v1.0"), "/"), "?")
	in := &request{method: strings.ToUpper(it.Method), path: "/v1.0/" + path, header: http.Header{}, body: it.Body, base: r.base, caller: r.caller, batch: r.id}
	if query != "" {
		in.path += "?" + query
	}
	for k, v := range it.Headers {
		in.header.Set(k, v)
	}
	t.identify(in)
	var a answer
	switch {
	case anyFailed(it.DependsOn, failed):
		a = t.answerOf(in, refuse(http.StatusFailedDependency, "FailedDependency", "Request failed because the following requests that it depends on failed: %s.", strings.Join(it.DependsOn, ", ")))
		t.record(in, a)
	case strings.EqualFold(path, "$batch"):
		a = t.answerOf(in, badRequest("A batch cannot hold a batch."))
		t.record(in, a)
	default:
		a = t.serve(in, path, query)
	}
	return itemAnswer{a, t.itemJSON(in, it.ID, a)}
}

func anyFailed(ids []string, failed map[string]bool) bool {
	for _, id := range ids {
		if failed[strings.ToLower(id)] {
			return true
		}
	}
	return false
}

func (t *Tenant) itemJSON(r *request, id string, a answer) []byte {
	b := appendQuoted([]byte(`{"id":`), id)
	b = append(b, `,"status":`+itoa(a.status)+`,"headers":{`...)
	b = appendQuoted(append(b, `"Cache-Control":"no-cache","x-ms-resource-unit":"`+itoa(max(r.cost.units, 1))+`","request-id":`...), r.id)
	if r.load >= warnFrom {
		b = append(b, fmt.Sprintf(`,"x-ms-throttle-limit-percentage":"%.2f"`, r.load)...)
	}
	for _, h := range a.header {
		b = appendQuoted(append(appendQuoted(append(b, ','), h[0]), ':'), h[1])
	}
	if len(a.body) > 0 {
		kind := jsonType
		if a.plain != "" {
			kind = a.plain
		}
		b = appendQuoted(append(b, `,"Content-Type":`...), kind)
	}
	b = append(b, `},"body":`...)
	switch {
	case len(a.body) == 0:
		b = append(b, "null"...)
	case strings.HasPrefix(a.plain, "image/"):
		b = appendQuoted(b, base64.StdEncoding.EncodeToString(a.body))
	case a.plain != "":
		b = appendQuoted(b, string(a.body))
	default:
		b = append(b, a.body...)
	}
	return append(b, '}')
}
