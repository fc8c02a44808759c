package verify

import (
	"bytes"
	"crypto/sha256"
	endian "encoding/binary"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

// literals are the texts and numbers that the policies of a set compare with, folded. They stand in the policies and in
// their tables, so that a value which is one of them tells nothing that the policies do not.
type literals struct {
	whole                    map[string]bool
	prefixes, suffixes, part []string // longest first
	places                   []string // distinguished names, longest first
}

// literalsOf collects what the expressions of a set compare with and the cells of its tables.
func literalsOf(set *rules.Set) *literals {
	l := &literals{whole: map[string]bool{}}
	for _, w := range set.Written() {
		ast.Walk(&w.Tree, literalVisitor{l})
	}
	for _, f := range set.Files() {
		if !strings.HasSuffix(f.Path, ".csv") {
			continue
		}
		rows, _ := csv.NewReader(bytes.NewReader(f.Bytes)).ReadAll() // a set that loads has tables that can be read
		for _, row := range rows {
			for _, cell := range row {
				l.whole[directory.Fold(cell)] = true
			}
		}
	}
	for _, list := range []*[]string{&l.prefixes, &l.suffixes, &l.part, &l.places} {
		slices.SortFunc(*list, func(a, b string) int {
			if len(a) != len(b) {
				return len(b) - len(a)
			}
			return strings.Compare(a, b)
		})
		*list = slices.Compact(*list)
	}
	return l
}

type literalVisitor struct{ l *literals }

// Visit implements ast.Visitor.
func (v literalVisitor) Visit(n *ast.Node) {
	l := v.l
	switch x := (*n).(type) {
	case *ast.StringNode:
		l.whole[directory.Fold(x.Value)] = true
	case *ast.IntegerNode:
		l.whole[strconv.Itoa(x.Value)] = true
	case *ast.BinaryNode:
		list := map[string]*[]string{"startsWith": &l.prefixes, "endsWith": &l.suffixes, "contains": &l.part}[x.Operator]
		if s, ok := x.Right.(*ast.StringNode); ok && list != nil && s.Value != "" {
			*list = append(*list, directory.Fold(s.Value))
		}
	case *ast.CallNode:
		callee, _ := x.Callee.(*ast.IdentifierNode)
		if callee == nil || len(x.Arguments) == 0 {
			return
		}
		s, ok := x.Arguments[0].(*ast.StringNode)
		switch {
		case !ok:
		case callee.Value == "inOU":
			l.places = append(l.places, foldDN(s.Value))
		case callee.Value == "hasProxy" && strings.HasPrefix(s.Value, "@"):
			l.suffixes = append(l.suffixes, directory.Fold(s.Value))
		}
	}
}

// foldDN folds a distinguished name and takes the spaces behind its commas away, as policies may write them.
func foldDN(dn string) string {
	var out []string
	for rest := dn; rest != ""; {
		parent := directory.ParentDN(rest)
		out = append(out, strings.TrimSpace(directory.Fold(strings.TrimSuffix(rest[:len(rest)-len(parent)], ","))))
		rest = parent
	}
	return strings.Join(out, ",")
}

// anonymiser replaces what tells who an object is by what tells nothing, the same by the same: letters by letters, digits
// by digits, in the case that they have. Nothing of a fake follows from what it stands for but its length.
type anonymiser struct {
	*literals
	seed      string
	fakes     map[string]string // by folded run of letters or of digits
	used      map[string]bool   // fakes
	blobs     map[string]string // by bytes
	stayed    []string          // parts of the last value that were not replaced
	originals []string          // runs of three characters and more, folded: no fake contains one
}

// newAnonymiser prepares fakes. values are all texts that are going to be replaced.
func newAnonymiser(l *literals, seed string, values []string) *anonymiser {
	a := &anonymiser{literals: l, seed: seed, fakes: map[string]string{}, used: map[string]bool{}, blobs: map[string]string{}}
	for _, v := range values {
		eachRun(v, func(run string, kind runKind) {
			if kind != otherRun && utf8.RuneCountInString(run) > 2 {
				a.originals = append(a.originals, directory.Fold(run))
			}
		})
	}
	slices.Sort(a.originals)
	a.originals = slices.Compact(a.originals)
	return a
}

type runKind uint8

const (
	otherRun runKind = iota
	letterRun
	digitRun
)

// eachRun cuts a text into runs of letters, of digits and of everything else.
func eachRun(s string, f func(run string, kind runKind)) {
	kindOf := func(r rune) runKind {
		switch {
		case unicode.IsDigit(r):
			return digitRun
		case unicode.IsLetter(r), unicode.IsMark(r):
			return letterRun
		}
		return otherRun
	}
	from, before := 0, otherRun
	for i, r := range s {
		if k := kindOf(r); k != before {
			if i > from {
				f(s[from:i], before)
			}
			from, before = i, k
		}
	}
	if from < len(s) {
		f(s[from:], before)
	}
}

// scramble replaces the runs of a text.
func (a *anonymiser) scramble(s string) string {
	var b strings.Builder
	eachRun(s, func(run string, kind runKind) {
		if kind == otherRun {
			b.WriteString(run)
			return
		}
		fake := a.fake(directory.Fold(run), kind)
		i := 0
		for _, r := range run {
			if i >= len(fake) {
				break
			}
			c := fake[i]
			if unicode.IsUpper(r) && kind == letterRun {
				c -= 'a' - 'A'
			}
			b.WriteByte(c)
			i++
		}
	})
	return b.String()
}

const (
	consonants = "bcdfghjklmnprstvwz"
	vowels     = "aeiou"
)

// fake gives the text that stands for a run, always the same one, and another for every other run as long as there are enough.
func (a *anonymiser) fake(run string, kind runKind) string {
	if f, ok := a.fakes[run]; ok {
		return f
	}
	n := utf8.RuneCountInString(run)
	var out string
	for try := range 500 {
		out = a.draw(n, kind, try)
		clear := out != run && !slices.ContainsFunc(a.originals, func(o string) bool { return strings.Contains(out, o) })
		if clear && (!a.used[out] || try > 400) {
			break
		}
	}
	a.fakes[run], a.used[out] = out, true
	return out
}

// draw makes a text of n characters that follows from the seed and how many fakes there are, not from what it stands for.
func (a *anonymiser) draw(n int, kind runKind, try int) string {
	out := make([]byte, 0, n)
	for block := 0; len(out) < n; block++ {
		sum := sha256.Sum256([]byte(a.seed + "\x00" + strconv.Itoa(len(a.fakes)) + "\x00" + strconv.Itoa(try) + "\x00" + strconv.Itoa(block)))
		for i := 0; i < len(sum) && len(out) < n; i++ {
			set := consonants
			switch {
			case kind == digitRun:
				set = "0123456789"
			case len(out)%2 == 1:
				set = vowels
			}
			out = append(out, set[int(sum[i])%len(set)])
		}
	}
	return string(out)
}

// text replaces a text but for what the policies compare with, which it notes in stayed.
func (a *anonymiser) text(s string) string {
	a.stayed = nil
	if a.whole[directory.Fold(s)] {
		a.stayed = []string{s}
		return s
	}
	if name, _, ok := strings.Cut(s, "="); ok && isDNKey(name) {
		return a.dn(s)
	}
	stays := a.fragments(s)
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		return a.pieces(s[:at], stays[:at]) + "@" + a.domain(s[at+1:], stays[at+1:])
	}
	return a.pieces(s, stays)
}

func isDNKey(name string) bool {
	switch directory.Fold(strings.TrimSpace(name)) {
	case "cn", "ou", "dc", "o", "l", "c", "st", "uid":
		return true
	}
	return false
}

// fragments marks the bytes that the policies look for by what a text begins with, ends with or contains, its address type,
// and a mail domain or an address that they compare as a whole.
func (a *anonymiser) fragments(s string) []bool {
	stays := make([]bool, len(s))
	folded := directory.Fold(s)
	if len(folded) != len(s) {
		return stays // places differ: nothing stays
	}
	mark := func(from, to int) {
		for i := from; i < to; i++ {
			stays[i] = true
		}
	}
	for _, p := range a.prefixes {
		if strings.HasPrefix(folded, p) {
			mark(0, len(p))
		}
	}
	for _, p := range a.suffixes {
		if strings.HasSuffix(folded, p) {
			mark(len(s)-len(p), len(s))
		}
	}
	for _, p := range a.part {
		for from := 0; ; {
			i := strings.Index(folded[from:], p)
			if i < 0 {
				break
			}
			mark(from+i, from+i+len(p))
			from += i + len(p)
		}
	}
	if at := strings.LastIndexByte(folded, '@'); at >= 0 && a.whole[folded[at+1:]] {
		mark(at, len(s))
	}
	if kind, rest, ok := strings.Cut(folded, ":"); ok && len(kind) > 0 && len(kind) < 6 {
		mark(0, len(kind)+1)
		if a.whole[rest] {
			mark(0, len(s))
		}
	}
	return stays
}

// pieces replaces the parts of a text that do not stay.
func (a *anonymiser) pieces(s string, stays []bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && stays[j] == stays[i] {
			j++
		}
		if stays[i] {
			b.WriteString(s[i:j])
			if !strings.HasSuffix(s[:j], ":") { // the type of an address tells nothing
				a.stayed = append(a.stayed, s[i:j])
			}
		} else {
			b.WriteString(a.scramble(s[i:j]))
		}
		i = j
	}
	return b.String()
}

// topLevel is reserved for examples by RFC 2606, so that no address of a fixture is anybody's.
const topLevel = "example"

// domain replaces the labels of a DNS name; the last becomes "example" unless it stays.
func (a *anonymiser) domain(s string, stays []bool) string {
	last := strings.LastIndexByte(s, '.')
	if last < 0 || slices.Contains(stays[last:], true) {
		return a.pieces(s, stays)
	}
	return a.pieces(s[:last], stays[:last]) + "." + topLevel
}

// dn replaces the components of a distinguished name; the OUs that the policies ask for stay, with what they lie in.
func (a *anonymiser) dn(s string) string {
	var parts []string
	for rest := s; rest != ""; {
		parent := directory.ParentDN(rest)
		rdn := strings.TrimSuffix(rest[:len(rest)-len(parent)], ",")
		folded := foldDN(rest)
		if slices.ContainsFunc(a.places, func(p string) bool { return directory.UnderDN(p, folded) }) {
			parts, a.stayed = append(parts, rest), append(a.stayed, rest)
			break
		}
		name, value, _ := strings.Cut(rdn, "=")
		lastLabel := directory.EqualFold(strings.TrimSpace(name), "DC") && parent == ""
		switch {
		case lastLabel:
			value = topLevel
		default:
			value = a.component(value)
		}
		parts = append(parts, name+"="+value)
		rest = parent
	}
	return strings.Join(parts, ",")
}

// component replaces the value of a component, of which escapes stay what they are.
func (a *anonymiser) component(s string) string {
	var b strings.Builder
	for from := 0; from < len(s); {
		i := strings.IndexByte(s[from:], '\\')
		if i < 0 || from+i+1 >= len(s) {
			b.WriteString(a.scramble(s[from:]))
			break
		}
		b.WriteString(a.scramble(s[from : from+i]))
		end := from + i + 2
		if _, err := strconv.ParseUint(s[from+i+1:min(end+1, len(s))], 16, 8); err == nil && end < len(s) {
			end++
			b.WriteString(`\2d`) // a hyphen in place of a byte in hexadecimal digits, which may be part of a letter
		} else {
			b.WriteString(s[from+i : end])
		}
		from = end
	}
	return b.String()
}

// raw replaces bytes: of a SID the domain and the account, with well-known accounts as they are; of anything else all.
func (a *anonymiser) raw(s string) string {
	const accountSID = 28 // S-1-5-21-a-b-c-rid, [MS-DTYP] 2.4.2
	sid := len(s) > 8 && s[0] == 1 && len(s) == 8+4*int(s[1])
	if sid && len(s) != accountSID {
		return s // one of every Windows, such as that of Everyone
	}
	if before, ok := a.blobs[s]; ok {
		return before
	}
	var b []byte
	for block := 0; len(b) < len(s); block++ {
		sum := sha256.Sum256([]byte(a.seed + "\x00bytes " + strconv.Itoa(len(a.blobs)) + "\x00" + strconv.Itoa(block)))
		b = append(b, sum[:]...)
	}
	b = b[:len(s)]
	if sid {
		copy(b, s[:12])
		rid := endian.LittleEndian.Uint32(b[24:])
		if own := endian.LittleEndian.Uint32([]byte(s[24:])); own < 1000 {
			rid = own
		} else {
			rid = 1000 + rid%100_000
		}
		endian.LittleEndian.PutUint32(b[24:], rid)
	}
	a.blobs[s] = string(b)
	return string(b)
}
