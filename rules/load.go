package rules

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	_ "time/tzdata" // policies name timezones, and Windows has no database of them

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Limits on policy files; see docs/policy-language.md.
const (
	maxFileBytes  = 64 << 10
	maxTableBytes = 1 << 20
	maxRules      = 2000
)

const apiVersion = "coexist/v1"

// loader reads a set. Every mistake is noted with its document, so that one run finds all.
type loader struct {
	fsys     fs.FS
	root     string
	paths    []string // of the policy files, relative to root
	docs     map[string]*strictyaml.Doc
	kinds    map[string]string // of the docs; "" for one without
	files    map[string][]byte // what the set is made of
	problems strictyaml.Problems
	set      *Set
	layout   *layout
	unused   *layout // of conditions that are checked by themselves
	scripts  []strictyaml.Script
	imported map[string][]named // conditions of a file, read once
	used     map[string]bool    // conditions files that a policy imports
	units    []*unit
	ids      map[string]strictyaml.Value // of rules, with their places
	former   []former                    // ids that rules had before
	rules    int
	grown    int          // syntax nodes that came in the place of conditions' names
	unparsed map[int]bool // scripts that are no expressions, noted already
	parsing  *conf.Config
}

// Load reads all policies below root of fsys: every *.yaml and *.yml, in the order of their paths. Files of kind Policy,
// Conditions and Exceptions make the set; tests of policies are passed over. Names that begin with a dot are not looked at. The set is
// nil when there are problems, which are sorted by file, line and column.
func Load(fsys fs.FS, root string) (*Set, strictyaml.Problems) {
	l := &loader{
		fsys: fsys, root: path.Clean(root), docs: map[string]*strictyaml.Doc{}, kinds: map[string]string{},
		files: map[string][]byte{}, set: &Set{},
		layout: newLayout(), unused: newLayout(), imported: map[string][]named{}, used: map[string]bool{}, ids: map[string]strictyaml.Value{},
		parsing: parsing(), unparsed: map[int]bool{},
	}
	l.walk()
	l.policies()
	l.formerIDs()
	l.exceptions()
	l.conditionsAlone()
	l.resolveAll()
	l.checkAll()
	l.compileAll()
	if problems := l.allProblems(); len(problems) > 0 {
		return nil, problems
	}
	return l.finish(), nil
}

// parsing is the parser's configuration.
func parsing() *conf.Config {
	c := conf.New(struct{}{})
	for name := range functions { // some are called like functions of expr, which they replace
		c.Functions[name] = &builtin.Function{Name: name}
	}
	c.MaxNodes = maxNodes
	return c
}

func (l *loader) allProblems() strictyaml.Problems {
	all := l.problems
	for _, p := range l.paths {
		if d := l.docs[p]; d != nil {
			all = append(all, d.Problems()...)
		}
	}
	return all.Sorted()
}

// walk finds and parses the policy files.
func (l *loader) walk() {
	err := fs.WalkDir(l.fsys, l.root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != l.root && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(name); !d.IsDir() && (ext == ".yaml" || ext == ".yml") {
			l.paths = append(l.paths, l.relative(name))
		}
		return nil
	})
	if err != nil {
		l.problems = append(l.problems, strictyaml.Problem{File: l.root, Message: fmt.Sprintf("read policies: %v", err)})
	}
	slices.Sort(l.paths)
	for _, p := range l.paths {
		l.open(p)
	}
}

func (l *loader) relative(name string) string {
	if l.root == "." {
		return name
	}
	return strings.TrimPrefix(name, l.root+"/")
}

// resolve gives the path relative to the root of a file that is named relative to dir; ok is false when it lies outside.
func (l *loader) resolve(dir, name string) (string, bool) {
	p := path.Join(dir, name)
	return p, !path.IsAbs(name) && !strings.Contains(name, "\\") && fs.ValidPath(p) && p != "."
}

// read gives a file of the set and keeps it.
func (l *loader) read(name string) ([]byte, error) {
	if b, ok := l.files[name]; ok {
		return b, nil
	}
	b, err := fs.ReadFile(l.fsys, path.Join(l.root, name))
	if err == nil {
		l.files[name] = b
	}
	return b, err
}

// whyUnread says why a file cannot be read. os.Root words a link that leads out of it so, and has no error of its own for it.
func whyUnread(err error) string {
	var p *fs.PathError
	switch {
	case strings.Contains(err.Error(), "path escapes"):
		return "is a link that leads out of the policy folder; put a copy in its place"
	case errors.As(err, &p):
		return "cannot be read: " + p.Err.Error()
	}
	return "cannot be read: " + err.Error()
}

// fileKinds are the kinds of files below the root.
var fileKinds = []string{"Policy", "Conditions", "Exceptions", "PolicyTest"}

// open parses one file and drops it from the set when it is a test.
func (l *loader) open(name string) {
	b, err := l.read(name)
	if err != nil {
		l.problems = append(l.problems, strictyaml.Problem{File: name, Message: whyUnread(err)})
		return
	}
	d := strictyaml.Parse(name, b, maxFileBytes)
	kind, version := strictyaml.Value{}, strictyaml.Value{}
	d.Root().Each(func(key string, _, v strictyaml.Value) {
		switch key {
		case "kind":
			kind = v
		case "apiVersion":
			version = v
		}
	})
	word := kind.Peek()
	if word == "PolicyTest" {
		delete(l.files, name)
		return
	}
	l.docs[name], l.kinds[name] = d, word
	if word != "" && !slices.Contains(fileKinds, word) {
		kind.Hintf(strictyaml.DidYouMean(word, fileKinds), "unknown kind %q; known are %s", word, strings.Join(fileKinds, ", "))
	}
	if v := version.Text(); v != "" && v != apiVersion {
		version.Hintf("write "+apiVersion, "apiVersion %q is not known to this version", v)
	}
}

// policies reads the files of kind Policy, in path order.
func (l *loader) policies() {
	names := map[string]strictyaml.Value{}
	found := false
	for _, name := range l.paths {
		d := l.docs[name]
		if d == nil {
			continue
		}
		switch l.kinds[name] {
		case "Policy":
			found = true
			p, at := l.policy(d)
			if first, dup := names[p.name]; dup && p.name != "" {
				at.Problemf("policy name %q already stands in %s", p.name, first.Doc().File())
			}
			names[p.name] = at
			l.set.policies = append(l.set.policies, p)
		case "":
			if d.Root().IsMapping() {
				d.Root().Problemf(`key "kind" is missing or empty`)
			}
		}
	}
	if !found && len(l.allProblems()) == 0 {
		l.problems = append(l.problems, strictyaml.Problem{File: l.root, Message: "there is no file of kind Policy"})
	}
}

// finish seals the set.
func (l *loader) finish() *Set {
	s := l.set
	s.layout = l.layout
	s.environment = l.layout.environment()
	s.scripts = l.scripts
	for _, name := range sortedKeys(l.files) {
		s.files = append(s.files, File{Path: name, Bytes: l.files[name]})
	}
	h := sha256.New()
	for _, f := range s.files {
		sum := sha256.Sum256(f.Bytes)
		fmt.Fprintf(h, "%s %x\n", f.Path, sum)
	}
	s.digest = "sha256:" + hex.EncodeToString(h.Sum(nil))
	l.assignSlots()
	return s
}

// assignSlots notes which slots are needed when, so that an object costs no more than its own policy.
func (l *loader) assignSlots() {
	scope, own := map[int]bool{}, map[*policy]map[int]bool{}
	for _, u := range l.units {
		if u.use == inPolicy && own[u.policy] == nil {
			own[u.policy] = map[int]bool{}
		}
		for _, i := range u.out.slots {
			if u.use == inScope {
				scope[i] = true
			} else if u.use == inPolicy {
				own[u.policy][i] = true
			}
		}
	}
	l.set.scopeSlots = sortedKeys(scope)
	for _, p := range l.set.policies {
		p.slots = slices.DeleteFunc(sortedKeys(own[p]), func(i int) bool { return scope[i] })
		for _, d := range p.decisions {
			for i, r := range d.rules {
				r.at = i
			}
			d.fallback.at = len(d.rules)
			d.slot = -1
			if i, ok := l.layout.byKey["decided "+d.name]; ok && own[p][i] {
				d.slot = i
			}
		}
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
