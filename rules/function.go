package rules

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/conf"
	"golang.org/x/text/unicode/norm"

	"github.com/coexistsync/coexist/directory"
)

// Limits on what one expression may do with one object.
const (
	maxSteps   = 10_000  // values that its loops visit; a loop counts in full when it begins
	maxResult  = 4 << 10 // bytes of a text that it makes
	maxMemory  = 100_000 // elements of the lists that it makes, as the virtual machine counts them
	maxStrings = 1_000   // texts that split gives
)

// meter counts the steps of the expression that runs.
type meter struct {
	steps int
	watch *watch // of an Observer
}

// declareFunctions makes the functions known that are called while an expression runs. Those with a blank in their name are
// put in by the compiler and cannot be written in a policy. All are pure; an error holds the decision.
func declareFunctions(c *conf.Config) {
	for _, declare := range []expr.Option{
		expr.Function("concatenate", concatenate, new(func(string, string) string)),
		expr.Function("fold", func(a ...any) (any, error) { return directory.Fold(a[0].(string)), nil }, new(func(string) string)),
		expr.Function("fold list", foldList, new(func([]string) []string), new(func([]any) []string)),
		expr.Function("count steps", countSteps, new(func(*meter, any) any)),
		expr.Function("watch part", watchPart, new(func(*meter, int, any) any)),
		expr.Function("count text", countText, new(func(*meter, string) string)),
		expr.Function("require instant", requireInstant, new(func(time.Time, string) time.Time)),
		expr.Function("ageDays", func(a ...any) (any, error) { return -daysBetween(a), nil }, new(func(time.Time, time.Time) int)),
		expr.Function("daysUntil", func(a ...any) (any, error) { return daysBetween(a), nil }, new(func(time.Time, time.Time) int)),
		expr.Function("lookup", lookup, new(func(*table, string, int) string), new(func(*table, string, int, string) string)),
		expr.Function("inTable", inTable, new(func(*table, string) bool)),
		expr.Function("domainOf", func(a ...any) (any, error) { return domainOf(a[0].(string)), nil }, new(func(string) string)),
		expr.Function("localPart", func(a ...any) (any, error) { return localPart(a[0].(string)), nil }, new(func(string) string)),
		expr.Function("normalize", func(a ...any) (any, error) { return normalize(a[0].(string)) }, new(func(string) string)),
		expr.Function("coalesce", coalesce, new(func(string, string, ...string) string)),
		expr.Function("left", left, new(func(string, int) string)),
		expr.Function("first", first, new(func([]string) string), new(func([]any) string)),
		expr.Function("split", split, new(func(string, string) []string)),
	} {
		declare(c)
	}
}

func concatenate(a ...any) (any, error) {
	x, y := a[0].(string), a[1].(string)
	if len(x)+len(y) > maxResult {
		return nil, fmt.Errorf("text grows beyond %d bytes", maxResult)
	}
	return x + y, nil
}

func foldList(a ...any) (any, error) {
	items := texts(a[0])
	out := make([]string, len(items))
	for i, s := range items {
		out[i] = directory.Fold(s)
	}
	return out, nil
}

// texts gives a list that an expression made as texts. Elements that are no text do not occur: the checker refused them.
func texts(v any) []string {
	switch l := v.(type) {
	case []string:
		return l
	case []any:
		out := make([]string, 0, len(l))
		for _, x := range l {
			s, _ := x.(string)
			out = append(out, s)
		}
		return out
	}
	return nil
}

func countSteps(a ...any) (any, error) {
	m := a[0].(*meter)
	switch l := a[1].(type) {
	case []string:
		m.steps += len(l)
	case []any:
		m.steps += len(l)
	}
	if m.steps > maxSteps {
		return nil, fmt.Errorf("loops visit more than %d values", maxSteps)
	}
	return a[1], nil
}

// stepBytes is how much of a text counts as one step where a loop holds it against a pattern.
const stepBytes = 256

func countText(a ...any) (any, error) {
	m, s := a[0].(*meter), a[1].(string)
	if m.steps += len(s) / stepBytes; m.steps > maxSteps {
		return nil, fmt.Errorf("loops visit more than %d values", maxSteps)
	}
	return s, nil
}

func requireInstant(a ...any) (any, error) {
	if a[0].(time.Time).IsZero() {
		return nil, fmt.Errorf("%s has no value; ask has(%s) first", a[1], a[1])
	}
	return a[0], nil
}

// daysBetween gives the calendar days from a[1] to a[0], both in a[1]'s timezone.
func daysBetween(a []any) int {
	t, today := a[0].(time.Time), a[1].(time.Time)
	return civilDay(t.In(today.Location())) - civilDay(today)
}

// civilDay numbers calendar days.
func civilDay(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// lookup finds a cell: table, key, column, and the default when there is one.
func lookup(a ...any) (any, error) {
	t, key := a[0].(*table), a[1].(string)
	if row, ok := t.find(key); ok {
		return row[a[2].(int)], nil
	}
	if len(a) > 3 {
		return a[3], nil
	}
	return nil, fmt.Errorf("table %s has no row %.80q", t.name, key)
}

func inTable(a ...any) (any, error) {
	_, ok := a[0].(*table).find(a[1].(string))
	return ok, nil
}

// find finds a row by a key in any case, without allocating for keys of usual length.
func (t *table) find(key string) ([]string, bool) {
	var buf [64]byte
	row, ok := t.rows[string(appendFold(buf[:0], key))]
	return row, ok
}

// appendFold appends directory.Fold(s).
func appendFold(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			for _, r := range s[i:] {
				b = utf8.AppendRune(b, unicode.ToLower(r))
			}
			return b
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// domainOf gives what follows the last @ of an address, in lower case; "" when there is none.
func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return directory.Fold(address[at+1:])
}

// localPart gives what precedes the last @ of an address without an SMTP: prefix; the whole when there is none.
func localPart(address string) string {
	address, _ = cutSMTP(address)
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		return address[:at]
	}
	return address
}

// cutSMTP cuts the prefix of a proxy address; ok is false for other protocols' addresses and for bare ones.
func cutSMTP(address string) (string, bool) {
	if len(address) >= 5 && strings.EqualFold(address[:5], "smtp:") {
		return address[5:], true
	}
	return address, false
}

// transliterations are letters that have no diacritic to take away, with the nearest ones that ASCII has.
var transliterations = strings.NewReplacer("ß", "ss", "ẞ", "SS", "æ", "ae", "Æ", "AE", "œ", "oe", "Œ", "OE", "ø", "o", "Ø", "O",
	"đ", "d", "Đ", "D", "ð", "d", "Ð", "D", "þ", "th", "Þ", "TH", "ł", "l", "Ł", "L", "ı", "i")

// normalize takes diacritics away: Müller becomes Muller.
func normalize(s string) (any, error) {
	d := norm.NFD.String(transliterations.Replace(s))
	d = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, d)
	if len(d) > maxResult {
		return nil, fmt.Errorf("text grows beyond %d bytes", maxResult)
	}
	return norm.NFC.String(d), nil
}

// coalesce gives the first text that is not empty.
func coalesce(a ...any) (any, error) {
	for _, x := range a {
		if x.(string) != "" {
			return x, nil
		}
	}
	return "", nil
}

// left gives the first n characters of a text.
func left(a ...any) (any, error) {
	s, n := a[0].(string), a[1].(int)
	if n < 0 {
		return nil, fmt.Errorf("left() of %d characters", n)
	}
	for i := range s {
		if n == 0 {
			return s[:i], nil
		}
		n--
	}
	return s, nil
}

// first gives the first text of a list, "" when it is empty.
func first(a ...any) (any, error) {
	switch l := a[0].(type) {
	case []string:
		if len(l) > 0 {
			return l[0], nil
		}
	case []any:
		if len(l) > 0 {
			s, _ := l[0].(string)
			return s, nil
		}
	}
	return "", nil
}

func split(a ...any) (any, error) {
	s, sep := a[0].(string), a[1].(string)
	if sep == "" {
		return nil, fmt.Errorf("split() by an empty text")
	}
	if strings.Count(s, sep) >= maxStrings {
		return nil, fmt.Errorf("split() gives more than %d texts", maxStrings)
	}
	return strings.Split(s, sep), nil
}
