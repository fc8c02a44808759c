package verify

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// Limits on suites; see docs/policy-tests.md.
const (
	maxFileBytes = 256 << 10
	maxVariants  = 1000   // cases of one test
	maxCases     = 20_000 // cases of all suites
	maxLike      = 10     // fixtures each like the next
)

const (
	apiVersion = "coexist/v1"
	suiteKind  = "PolicyTest"
)

// Suites are the tests of a policy folder. They are immutable and safe for concurrent use, and can be run against other
// sets than the one they were checked with.
type Suites struct {
	files                 []string
	cases                 []*testCase // in path order, then as written
	accepted, unreachable []Argument  // mutants that may survive, rules that nothing can reach
	problems              strictyaml.Problems
	schema                *directory.Schema
}

// Len gives how many cases there are.
func (s *Suites) Len() int { return len(s.cases) }

// testCase is a test for one object.
type testCase struct {
	file, name string // name is the test's with the foreach values
	line, col  int
	asOf       time.Time
	skip, todo string // why, "" for neither
	subject    *subject
	object     directory.Object
	expect     []expectation
}

// loader reads all suites of a folder.
type loader struct {
	set    *rules.Set
	words  *vocabulary
	suites *Suites
}

// Load reads every file of kind PolicyTest, *.yaml and *.yml, below root of fsys, in the order of their paths; names that
// begin with a dot are not looked at, and files of other kinds are passed over. set is what the tests are about: names of
// attributes, groups, bundles, policies and rules that it does not know are mistakes.
//
// The suites are never nil. Problems, sorted by file, line and column, are kept in them: a file with mistakes adds no
// tests, and Run reports it as failed.
func Load(fsys fs.FS, root string, set *rules.Set) (*Suites, strictyaml.Problems) {
	l := &loader{set: set, words: newVocabulary(set), suites: &Suites{files: []string{}, schema: directory.NewSchema()}}
	paths, err := suitePaths(fsys, path.Clean(root))
	if err != nil {
		l.problem(root, "read tests: %v", err)
	}
	for _, p := range paths {
		l.file(fsys, p, strings.TrimPrefix(p, path.Clean(root)+"/"))
	}
	if n := len(l.suites.cases); n > maxCases {
		l.problem(root, "the tests have more than %d cases", maxCases)
		l.suites.cases = nil
	}
	l.objects()
	l.suites.problems = l.suites.problems.Sorted()
	return l.suites, l.suites.problems
}

func (l *loader) problem(file, format string, args ...any) {
	l.suites.problems = append(l.suites.problems, strictyaml.Problem{File: file, Message: fmt.Sprintf(format, args...)})
}

// suitePaths finds the YAML files below root, sorted.
func suitePaths(fsys fs.FS, root string) (paths []string, err error) {
	err = fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
		switch ext := path.Ext(name); {
		case err != nil:
			return err
		case name != root && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case !d.IsDir() && (ext == ".yaml" || ext == ".yml"):
			paths = append(paths, name)
		}
		return nil
	})
	slices.Sort(paths)
	return paths, err
}

// file reads one file when it is a suite. One whose kind cannot be told is taken for a broken suite.
func (l *loader) file(fsys fs.FS, name, shown string) {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		l.problem(shown, "%v", err)
		return
	}
	doc := strictyaml.Parse(shown, b, maxFileBytes)
	kind := strictyaml.Value{}
	doc.Root().Each(func(key string, _, v strictyaml.Value) {
		if key == "kind" {
			kind = v
		}
	})
	switch kind.Peek() {
	case "Policy", "Conditions", "Exceptions":
		return
	case suiteKind:
	default:
		if len(doc.Problems()) == 0 {
			doc.Root().Problemf("the file is not of kind %s", suiteKind)
		}
		l.suites.problems = append(l.suites.problems, doc.Problems()...)
		return
	}
	l.suites.files = append(l.suites.files, shown)
	r := &suiteReader{loader: l, doc: doc, fixtures: map[string]*fixture{}}
	r.read()
	if problems := doc.Problems(); len(problems) > 0 {
		l.suites.problems = append(l.suites.problems, problems...)
		return
	}
	l.suites.cases = append(l.suites.cases, r.cases...)
	l.suites.accepted = append(l.suites.accepted, r.accepted...)
	l.suites.unreachable = append(l.suites.unreachable, r.unreachable...)
}

// objects packs the objects of all cases under one schema.
func (l *loader) objects() {
	for _, c := range l.suites.cases {
		o, err := c.subject.object(l.suites.schema)
		if err != nil { // no two settings of one attribute reach this point
			l.problem(c.file, "%s: %v", c.name, err)
		}
		c.object = o
	}
	l.suites.schema.Seal()
}
