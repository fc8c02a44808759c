package selection

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// keys are the columns that name an object, as they are spelled in messages.
var keys = []string{directory.AttrObjectGUID, directory.AttrUserPrincipalName, directory.AttrSAMAccountName, directory.AttrDN}

// FileError is what is wrong with a CSV file: rows that cannot be read, name nothing, or name several objects.
type FileError struct {
	Problems strictyaml.Problems
	unknown  bool // every problem is that an object is not there
}

// Error gives one line for each problem.
func (e *FileError) Error() string { return e.Problems.Error() }

// Is reports whether target is ErrNotFound, and nothing is wrong but objects that are not there.
func (e *FileError) Is(target error) bool { return target == ErrNotFound && e.unknown }

// As gives the problems to those who print them with their places.
func (e *FileError) As(target any) bool {
	p, ok := target.(*strictyaml.Problems)
	if ok {
		*p = e.Problems
	}
	return ok
}

// table reads one CSV file.
type table struct {
	file     string
	in       *csv.Reader
	columns  []int // of each key, -1 when the file lacks it
	snapshot *snapshot.Snapshot
	aside    []directory.Object
	byName   map[string][]int // folded userPrincipalName and sAMAccountName, with their key's number in front
	problems strictyaml.Problems
	unknown  int // of the problems
}

// rows gives the indexes of the objects that a CSV file names. It reads what Excel and PowerShell write: comma, semicolon
// or tab, CRLF, a byte order mark, a #TYPE line, columns that nobody asked for.
func rows(file string, b []byte, s *snapshot.Snapshot) ([]int, error) {
	t := &table{file: file, snapshot: s, aside: aside(s), byName: names(s)}
	var out []int
	if t.header(b) {
		for {
			i, err := t.row()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil && i >= 0 {
				out = append(out, i)
			}
		}
	}
	if len(t.problems) > 0 {
		return nil, &FileError{t.problems.Sorted(), t.unknown == len(t.problems)}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// names indexes the objects by what may stand in the two columns that a snapshot has no look-up for.
func names(s *snapshot.Snapshot) map[string][]int {
	out := map[string][]int{}
	for i := range s.Len() {
		for k, a := range keys {
			if a != directory.AttrUserPrincipalName && a != directory.AttrSAMAccountName {
				continue
			}
			if v := s.At(i).First(a); v != "" {
				n := fmt.Sprint(k) + directory.Fold(v)
				out[n] = append(out[n], i)
			}
		}
	}
	return out
}

func (t *table) problem(line int, format string, args ...any) {
	t.problems = append(t.problems, strictyaml.Problem{File: t.file, Line: line, Message: fmt.Sprintf(format, args...)})
}

// header finds the separator and the columns.
func (t *table) header(b []byte) bool {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		t.problem(0, "is UTF-16; save it as UTF-8")
		return false
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(b) {
		t.problem(0, "is not UTF-8; save it as UTF-8")
		return false
	}
	first := b
	if i := bytes.IndexByte(b, '\n'); bytes.HasPrefix(b, []byte("#TYPE")) && i > 0 {
		first = b[i+1:] // Export-Csv of Windows PowerShell; the reader passes over it as a comment
	}
	line, _, _ := bytes.Cut(first, []byte("\n"))
	t.in = csv.NewReader(bytes.NewReader(b))
	t.in.Comment = '#'
	t.in.Comma = separator(line)
	head, err := t.in.Read()
	if err != nil {
		t.problem(1, "has no header: %v", err)
		return false
	}
	t.columns = make([]int, len(keys))
	some := false
	for k, key := range keys {
		is := func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), key) }
		t.columns[k] = slices.IndexFunc(head, is)
		some = some || t.columns[k] >= 0
		if c := t.columns[k]; c >= 0 && slices.ContainsFunc(head[c+1:], is) {
			t.problem(1, "the header has %s twice", key)
			return false
		}
	}
	if !some {
		t.problem(1, "the header has none of %s", strings.Join(keys, ", "))
	}
	return some
}

// separator gives what a header is separated by: that by which it has the most columns that name objects. The text of the
// other columns may hold anything.
func separator(header []byte) rune {
	best, most := ',', 0
	for _, c := range ",;\t" {
		r := csv.NewReader(bytes.NewReader(header))
		r.Comma = c
		head, err := r.Read()
		if err != nil {
			continue
		}
		n := 0
		for _, h := range head {
			if slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(strings.TrimSpace(h), k) }) {
				n++
			}
		}
		if n > most {
			best, most = c, n
		}
	}
	return best
}

// row reads one row and gives the object that its keys agree on, -1 when they do not.
func (t *table) row() (int, error) {
	rec, err := t.in.Read()
	var bad *csv.ParseError
	switch {
	case errors.As(err, &bad):
		t.problem(bad.Line, "%v", bad.Err)
		if errors.Is(bad.Err, csv.ErrFieldCount) {
			return -1, nil
		}
		return -1, io.EOF // quotation marks that do not match: what follows cannot be told
	case err != nil:
		return -1, err
	}
	line, _ := t.in.FieldPos(0)
	found, by := -1, ""
	for k, c := range t.columns {
		if c < 0 || strings.TrimSpace(rec[c]) == "" {
			continue
		}
		text := strings.TrimSpace(rec[c])
		i, ok := t.look(line, k, text)
		switch {
		case !ok:
			return -1, nil
		case found >= 0 && found != i:
			t.problem(line, "%s names %s, and %s names %s", by, t.snapshot.At(found).DN(), keys[k], t.snapshot.At(i).DN())
			return -1, nil
		}
		found, by = i, keys[k]
	}
	if found < 0 {
		t.problem(line, "names no object: %s is empty", strings.Join(t.present(), ", "))
	}
	return found, nil
}

func (t *table) present() []string {
	var out []string
	for k, c := range t.columns {
		if c >= 0 {
			out = append(out, keys[k])
		}
	}
	return out
}

// look finds the object that one key names.
func (t *table) look(line, key int, text string) (int, bool) {
	var found []int
	switch keys[key] {
	case directory.AttrObjectGUID:
		g, err := directory.ParseGUID(text)
		if err != nil {
			t.problem(line, "%v", err)
			return 0, false
		}
		if i, ok := t.snapshot.ByGUID(g); ok {
			found = []int{i}
		}
	case directory.AttrDN:
		if i, ok := t.snapshot.ByDN(text); ok {
			found = []int{i}
		}
	default:
		found = t.byName[fmt.Sprint(key)+directory.Fold(text)]
	}
	switch len(found) {
	case 0:
		t.problem(line, "%v", absent(t.snapshot, t.aside, keys[key]+" "+text, func(o directory.Object) bool {
			return directory.EqualFold(o.First(keys[key]), text) || keys[key] == directory.AttrObjectGUID && strings.EqualFold(o.GUID.String(), text)
		}))
		t.unknown++
		return 0, false
	case 1:
		return found[0], true
	}
	t.problem(line, "%s %s names %d objects", keys[key], text, len(found))
	return 0, false
}
