package rules

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// table is a CSV table of a policy: rows by folded key.
type table struct {
	policy  string // the file of the policy that it belongs to
	name    string
	columns []string // without the key
	rows    map[string][]string
}

func (t *table) column(name string) int { return slices.Index(t.columns, name) }

// row finds a row; the key is folded already.
func (t *table) row(folded string) ([]string, bool) {
	r, ok := t.rows[folded]
	return r, ok
}

// tables reads the tables of a policy.
func (l *loader) tables(p *policy, v strictyaml.Value) {
	v.Each(func(name string, key, value strictyaml.Value) {
		t := &table{policy: p.file, name: name, rows: map[string][]string{}}
		var file, column strictyaml.Value
		value.Fields(map[string]func(strictyaml.Value){
			"file": func(x strictyaml.Value) { file = x },
			"key":  func(x strictyaml.Value) { column = x },
			"columns": func(x strictyaml.Value) {
				t.columns = x.Texts()
				if len(t.columns) == 0 && x.IsList() {
					x.Problemf("a table needs a column beside its key")
				}
			},
		}, "file", "key", "columns")
		keyName := column.Words()
		checkName(key, "table", name)
		p.tables[name], p.tableNames = t, append(p.tableNames, name)
		if f := file.Words(); f != "" && keyName != "" {
			l.readTable(p, t, file, f, keyName)
		}
	})
}

func (l *loader) readTable(p *policy, t *table, at strictyaml.Value, file, key string) {
	name, ok := l.resolve(path.Dir(p.file), file)
	if !ok {
		at.Problemf("%q does not lie inside the policy folder", file)
		return
	}
	b, err := l.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		at.Problemf("there is no file %s", name)
		return
	case err != nil:
		at.Problemf("%s %s", name, whyUnread(err))
		return
	case len(b) > maxTableBytes:
		at.Problemf("%s has %d bytes, more than the limit of %d", name, len(b), maxTableBytes)
		return
	}
	c := csvFile{name: name, lines: strings.Split(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n")}
	c.fill(t, bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), key)
	l.problems = append(l.problems, c.problems...)
}

// csvFile is one table being read.
type csvFile struct {
	name     string
	lines    []string
	problems strictyaml.Problems
}

func (c *csvFile) problemf(line, col int, format string, args ...any) {
	p := strictyaml.Problem{File: c.name, Line: line, Col: col, Message: fmt.Sprintf(format, args...)}
	if line > 0 && line <= len(c.lines) {
		p.Source = c.lines[line-1]
	}
	c.problems = append(c.problems, p)
}

// fill reads strictly: the header must be the key and the columns in their order, every row as long as the header, every
// key unique without regard to case, and no key and no cell blank.
func (c *csvFile) fill(t *table, b []byte, key string) {
	if !utf8.Valid(b) {
		c.problemf(0, 0, "table is not UTF-8 text")
		return
	}
	r := csv.NewReader(bytes.NewReader(b))
	header, err := r.Read()
	switch {
	case errors.Is(err, io.EOF):
		c.problemf(1, 0, "table is empty; its header must be %s", strings.Join(append([]string{key}, t.columns...), ","))
		return
	case err != nil:
		c.syntax(err)
		return
	}
	if want := append([]string{key}, t.columns...); !slices.Equal(header, want) {
		c.problemf(1, 1, "header is %s, the policy says %s", strings.Join(header, ","), strings.Join(want, ","))
		return
	}
	first := map[string]int{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			if errors.Is(err, csv.ErrFieldCount) {
				line, col := r.FieldPos(0)
				c.problemf(line, col, "row has %s, the header %d", cells(len(row)), len(header))
				continue
			}
			c.syntax(err)
			return
		}
		line, col := r.FieldPos(0)
		k := directory.Fold(row[0])
		switch {
		case strings.TrimSpace(row[0]) == "":
			c.problemf(line, col, "key is empty")
		case row[0] != strings.TrimSpace(row[0]):
			c.problemf(line, col, "key %q begins or ends with a blank", row[0])
		case first[k] > 0:
			c.problemf(line, col, "key %q already stands in line %d", row[0], first[k])
		default:
			t.rows[k], first[k] = row[1:], line
			c.cells(r, row)
		}
	}
}

func cells(n int) string {
	if n == 1 {
		return "1 cell"
	}
	return fmt.Sprintf("%d cells", n)
}

// cells refuses empty cells: lookup would give an empty text, which clears what it is set to.
func (c *csvFile) cells(r *csv.Reader, row []string) {
	for i := 1; i < len(row); i++ {
		line, col := r.FieldPos(i)
		switch {
		case strings.TrimSpace(row[i]) == "":
			c.problemf(line, col, "cell is empty")
		case row[i] != strings.TrimSpace(row[i]):
			c.problemf(line, col, "cell %q begins or ends with a blank", row[i])
		}
	}
}

func (c *csvFile) syntax(err error) {
	var p *csv.ParseError
	if errors.As(err, &p) {
		c.problemf(p.Line, p.Column, "%v", p.Err)
		return
	}
	c.problemf(0, 0, "%v", err)
}
