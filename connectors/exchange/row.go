package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"
)

// Row is an object as Exchange Online sends it, without annotations.
type Row map[string]json.RawMessage

// zeroGUID is what Exchange Online shows where there is no GUID.
const zeroGUID = "00000000-0000-0000-0000-000000000000"

// strip drops the annotations, whose names hold an @.
func (r Row) strip() Row {
	for k := range r {
		if strings.Contains(k, "@") {
			delete(r, k)
		}
	}
	return r
}

// text gives a text; numbers and truths as they are written, "" for null and whatever is no scalar.
func (r Row) text(name string) string {
	raw := r[name]
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if len(raw) > 0 && raw[0] != '{' && raw[0] != '[' && string(raw) != "null" {
		return string(raw)
	}
	return ""
}

// guid gives a GUID in lower case, "" for none and for the zero GUID.
func (r Row) guid(name string) string {
	s := strings.ToLower(strings.Trim(r.text(name), "{}"))
	if s == zeroGUID {
		return ""
	}
	return s
}

// truth gives a truth; ok is false when the row does not say.
func (r Row) truth(name string) (value, ok bool) {
	switch strings.ToLower(r.text(name)) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// list gives the texts of a collection, or the one text that stands in its place.
func (r Row) list(name string) []string {
	var all []json.RawMessage
	if json.Unmarshal(r[name], &all) != nil {
		if s := r.text(name); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	for i := range all {
		if s := (Row{"": all[i]}).text(""); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// unlimited is what Exchange Online writes where a limit is off.
const unlimited = "Unlimited"

// megabytes reads a size such as "99 GB (106,300,440,576 bytes)"; ok is false for Unlimited and for nothing. Sizes that are
// no whole number of megabytes are rounded down.
func megabytes(s string) (n int64, ok bool, err error) {
	if s == "" || strings.EqualFold(s, unlimited) {
		return 0, false, nil
	}
	if _, rest, found := strings.Cut(s, "("); found {
		digits, _, _ := strings.Cut(rest, " ")
		b, err := strconv.ParseInt(strings.ReplaceAll(digits, ",", ""), 10, 64)
		if err == nil && b >= 0 {
			return b >> 20, true, nil
		}
	}
	number, unit, _ := strings.Cut(strings.TrimSpace(s), " ")
	f, err := strconv.ParseFloat(strings.ReplaceAll(number, ",", ""), 64)
	shift, known := map[string]float64{"B": 1.0 / (1 << 20), "KB": 1.0 / 1024, "MB": 1, "GB": 1024, "TB": 1 << 20}[strings.ToUpper(strings.TrimSpace(unit))]
	if err != nil || !known || f < 0 || f*shift > 1<<50 {
		return 0, false, fmt.Errorf("%q is not a size", printable(s))
	}
	return int64(f * shift), true, nil
}

// days reads a time span such as "730.00:00:00" or "730"; ok is false for Unlimited and for nothing.
func days(s string) (n int64, ok bool, err error) {
	if s == "" || strings.EqualFold(s, unlimited) {
		return 0, false, nil
	}
	whole, rest, _ := strings.Cut(s, ".")
	if rest == "" && strings.Contains(whole, ":") {
		whole = "0" // a span of less than a day has no days before its hours
	}
	n, err = strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 {
		return 0, false, fmt.Errorf("%q is not a time span in days", printable(s))
	}
	return n, true, nil
}

// plainTip takes a mail tip out of the HTML page that Exchange Online wraps it in.
func plainTip(s string) string {
	low := strings.ToLower(s)
	i, j := strings.Index(low, "<body>"), strings.LastIndex(low, "</body>")
	if i < 0 || j < i {
		return strings.TrimSpace(s)
	}
	return strings.TrimSpace(html.UnescapeString(s[i+len("<body>") : j]))
}

// address takes the prefix off an SMTP address.
func address(s string) string {
	if len(s) > 5 && strings.EqualFold(s[:5], "smtp:") {
		return s[5:]
	}
	return s
}

// answerBody is the body of an answer to a command.
type answerBody struct {
	Value    json.RawMessage `json:"value"`
	Next     string          `json:"@odata.nextLink"`
	Warnings []string        `json:"@adminapi.warnings"`
	Errors   json.RawMessage `json:"@adminapi.errors"`
	Failure  json.RawMessage `json:"error"`
}

// readAnswer decodes an answer with status 2xx: its rows, the link to more of them, its warnings.
func readAnswer(body []byte) (a Answer, next string, err error) {
	var b answerBody
	if err := json.Unmarshal(body, &b); err != nil {
		return Answer{}, "", errors.New("the answer is not JSON or is cut")
	}
	if len(b.Failure) > 0 && string(b.Failure) != "null" {
		return Answer{}, "", errors.New("the answer of a success holds an error")
	}
	var failed []json.RawMessage
	if len(b.Errors) > 0 && string(b.Errors) != "null" && (json.Unmarshal(b.Errors, &failed) != nil || len(failed) > 0) {
		return Answer{}, "", errors.New("the answer holds errors beside its rows, which may not be all") // never taken for a whole list
	}
	if len(b.Value) == 0 {
		return Answer{}, "", errors.New("the answer holds no value")
	}
	var raw []json.RawMessage
	if json.Unmarshal(b.Value, &raw) != nil {
		raw = []json.RawMessage{b.Value}
	}
	for _, r := range raw {
		var row Row
		if json.Unmarshal(r, &row) == nil && row != nil {
			a.Rows = append(a.Rows, row.strip())
			continue
		}
		if string(r) != "null" && (len(r) == 0 || r[0] != '"') {
			return Answer{}, "", errors.New("a row of the answer is not an object")
		}
	}
	a.Warnings = b.Warnings
	return a, b.Next, nil
}
