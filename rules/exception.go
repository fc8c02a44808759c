package rules

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Exception decides about one object in place of the rules, until it expires. It is reviewed like code and never permanent.
type Exception struct {
	ID, File      string
	Line          int
	Object        directory.GUID
	Note          string // what people call the object; nothing is found by it
	Decision      string
	Freeze        bool // nothing is decided: the cloud keeps what it has
	Text          string
	List          []string
	Entries       []Entry // mode merge: the keys set; all others follow the rules
	Reason, Owner string
	From, Expires string // 2026-10-31, inclusive; From is "" unless given

	from, expires int
}

// maxException is how many days an exception may last.
const maxException = 180

var exceptionID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{2,48}$`)

// Exceptions lists the exceptions in the order in which the files have them, those that are over included.
func (s *Set) Exceptions() []Exception {
	out := make([]Exception, len(s.exceptions))
	for i, x := range s.exceptions {
		out[i] = *x
	}
	return out
}

// Expired reports whether an exception is over on the day of an instant in its own location.
func (x *Exception) Expired(at time.Time) bool { return civilDay(at) > x.expires }

// exceptions reads the files of kind Exceptions, after the policies.
func (l *loader) exceptions() {
	r := &exceptionReader{loader: l, ids: map[string]strictyaml.Value{}}
	for _, name := range l.paths {
		if l.kinds[name] != "Exceptions" {
			continue
		}
		list := strictyaml.Value{}
		l.docs[name].Root().Fields(map[string]func(strictyaml.Value){
			"apiVersion": func(strictyaml.Value) {},
			"kind":       func(strictyaml.Value) {},
			"metadata":   func(v strictyaml.Value) { metadata(v, &policy{}) },
			"exceptions": func(v strictyaml.Value) { list = v },
		}, "apiVersion", "kind", "exceptions")
		if list != (strictyaml.Value{}) {
			list.Items(func(_ int, v strictyaml.Value) { r.read(v) })
		}
	}
	l.set.exceptions = r.list
	l.set.excepted = map[directory.GUID][]*Exception{}
	for _, x := range r.list {
		l.set.excepted[x.Object] = append(l.set.excepted[x.Object], x)
	}
}

// exceptionReader reads exceptions. Their ids are apart from those of rules.
type exceptionReader struct {
	*loader
	ids  map[string]strictyaml.Value
	list []*Exception
}

func (r *exceptionReader) read(v strictyaml.Value) {
	x := &Exception{File: v.Doc().File(), Line: v.Line()}
	set := strictyaml.Value{}
	v.Fields(map[string]func(strictyaml.Value){
		"id":       func(y strictyaml.Value) { x.ID = r.id(y) },
		"object":   func(y strictyaml.Value) { x.object(y) },
		"decision": func(y strictyaml.Value) { x.Decision = r.decision(y) },
		"set":      func(y strictyaml.Value) { set = y },
		"freeze": func(y strictyaml.Value) {
			if x.Freeze = y.Bool(); y.IsScalar() && !x.Freeze {
				y.Problemf("freeze can only be true; leave it out, or set a value")
			}
		},
		"reason":  func(y strictyaml.Value) { x.Reason = y.Words() },
		"owner":   func(y strictyaml.Value) { x.Owner = y.Words() },
		"from":    func(y strictyaml.Value) { x.from = day(y) },
		"expires": func(y strictyaml.Value) { x.expires = day(y) },
	}, "id", "object", "decision", "reason", "owner", "expires")
	x.From, x.Expires = dayText(x.from), dayText(x.expires)
	switch given := set != (strictyaml.Value{}); {
	case given && x.Freeze:
		set.Problemf("set and freeze exclude each other")
	case !given && !x.Freeze && v.IsMapping():
		v.Problemf("the exception says nothing: add set or freeze: true")
	case given && x.Decision != "":
		r.value(x, set)
	}
	switch {
	case x.from == 0 || x.expires == 0:
	case x.expires < x.from:
		v.Problemf("expires lies before from")
	case x.expires-x.from > maxException:
		v.Problemf("an exception lasts %d days at most; renew it when they are over", maxException)
	}
	for _, other := range r.list {
		if other.Object == x.Object && other.Decision == x.Decision && x.Decision != "" && !x.Object.IsZero() && overlap(other, x) {
			v.Problemf("exception %s at %s:%d is about the same decision of the same object", other.ID, other.File, other.Line)
		}
	}
	r.list = append(r.list, x)
}

// overlap reports whether two exceptions are in force on the same day.
func overlap(a, b *Exception) bool { return a.from <= b.expires && b.from <= a.expires }

func (r *exceptionReader) id(v strictyaml.Value) string {
	id := v.Words()
	if id == "" {
		return ""
	}
	if !exceptionID.MatchString(id) {
		v.Problemf("id %q must be 3 to 49 letters, digits and hyphens, beginning with a letter", id)
	} else if first, dup := r.ids[id]; dup {
		v.Problemf("id %q is already used at %s:%d:%d", id, first.Doc().File(), first.Line(), first.Col())
	}
	r.ids[id] = v
	return id
}

// object reads which object is meant: by objectGUID alone, for names are used again.
func (x *Exception) object(v strictyaml.Value) {
	v.Fields(map[string]func(strictyaml.Value){
		"objectGUID": func(y strictyaml.Value) {
			text := y.Words()
			g, err := directory.ParseGUID(text)
			if text != "" && (err != nil || g.IsZero()) {
				y.Problemf("%.80q is not an objectGUID, such as 6f0c2d0e-8f0b-4a55-9e0a-2b1f6f3f9a10", text)
			}
			x.Object = g
		},
		"note": func(y strictyaml.Value) { x.Note = y.Words() },
	}, "objectGUID")
}

// decision reads which decision it is about: one that some policy makes.
func (r *exceptionReader) decision(v strictyaml.Value) string {
	name := v.Enum("decision", decisionNames...)
	if name != "" && len(r.deciding(name)) == 0 {
		v.Problemf("no policy decides %s", name)
		return ""
	}
	return name
}

// deciding gives the policies that make a decision.
func (r *exceptionReader) deciding(name string) (out []*policy) {
	for _, p := range r.set.policies {
		if slices.Contains(p.order, name) {
			out = append(out, p)
		}
	}
	return out
}

// value reads what an exception sets, as the then of a rule. Which policy will decide about the object is not known here, so
// that the names of bundles and cloud groups are those of all policies.
func (r *exceptionReader) value(x *Exception, v strictyaml.Value) {
	some := r.deciding(x.Decision)[0]
	reader := &decisionReader{loader: r.loader, policy: some, decision: &decision{name: x.Decision, mode: modeOf(x.Decision)}}
	switch modeOf(x.Decision) {
	case First:
		if x.Decision == UsageLocation {
			x.Text = country(v)
		} else {
			x.Text = v.Enum(x.Decision, some.valuesOf(x.Decision)...)
		}
	case Collect:
		var known []string
		for _, p := range r.deciding(x.Decision) {
			known = append(known, p.valuesOf(x.Decision)...)
		}
		v.Items(func(_ int, y strictyaml.Value) {
			name := y.Words()
			if name != "" && !slices.Contains(known, name) {
				y.Unknown(memberNoun(x.Decision), name, known)
			}
			x.List = append(x.List, name)
		})
		slices.Sort(x.List)
		x.List = slices.Compact(x.List)
	case Merge:
		one := &rule{}
		reader.assignments(one, v, strictyaml.Value{})
		for _, a := range one.sets {
			x.Entries = append(x.Entries, Entry{Key: a.property.Name, Value: a.value, Refs: a.refs, Origin: x.origin("")})
		}
		if v.IsMapping() && len(x.Entries) == 0 {
			v.Problemf("the exception sets nothing")
		}
	}
}

// origin names the exception where a rule would be named.
func (x *Exception) origin(policy string) Origin {
	return Origin{Policy: policy, Rule: x.ID, File: x.File, Line: x.Line}
}

// except applies an object's exceptions to a decision that its rules made.
func (e *Evaluator) except(out *Decision, p *policy, d *decision, day int) {
	for _, x := range e.set.excepted[e.facts.input.Object.GUID] {
		switch {
		case x.Decision != d.name || day < x.from:
		case day > x.expires:
			out.Lapsed = x
		case x.expires-day > maxException:
			hold(out, x.blame("the exception ends more than 180 days from now: let it end earlier, and renew it"))
			out.Exception = x
		default:
			e.replace(out, x, p, d)
		}
	}
}

func (x *Exception) blame(message string) error { return &Error{x.File, x.Line, 1, x.ID, message} }

// replace puts what an exception says in the place of what the rules said. A key that an exception sets says nothing of the
// others, so that a merge decision which is held stays so.
func (e *Evaluator) replace(out *Decision, x *Exception, p *policy, d *decision) {
	lapsed := out.Lapsed
	switch {
	case x.Freeze && d.name == CloudType:
		prior := e.facts.input.prior(CloudType)
		if prior.Text == "" {
			hold(out, x.blame("nothing was carried out yet that could stay as it is"))
			break
		}
		*out = Decision{Name: d.name, Status: Decided, Text: prior.Text, Reason: x.Reason}
		out.Origins = e.originOf(x, p)
	case x.Freeze:
		*out = Decision{Name: d.name, Status: NotApplicable}
	case d.mode == Merge:
		if out.Status != Held {
			e.overlay(out, x, p)
		}
	default:
		for _, name := range x.List {
			if !p.hasMember(d.name, name) {
				hold(out, x.blame("policy "+p.name+" has no "+memberNoun(d.name)+" "+name))
				out.Exception = x
				return
			}
		}
		*out = Decision{Name: d.name, Status: Decided, Text: x.Text, List: x.List}
		if x.Text == string(cloud.None) {
			out.Reason = x.Reason
		}
		out.Origins = e.originOf(x, p)
	}
	out.Exception, out.Lapsed = x, lapsed
}

func (e *Evaluator) originOf(x *Exception, p *policy) []Origin {
	e.origins = append(e.origins, x.origin(p.name))
	return e.origins[len(e.origins)-1 : len(e.origins) : len(e.origins)]
}

// overlay sets the keys of an exception over those that the rules set, in the order of keys.
func (e *Evaluator) overlay(out *Decision, x *Exception, p *policy) {
	entries := slices.Clone(out.Entries)
	for _, y := range x.Entries {
		y.Origin.Policy = p.name
		i, found := slices.BinarySearchFunc(entries, y.Key, func(a Entry, key string) int { return cmp.Compare(a.Key, key) })
		if found {
			entries[i] = y
		} else {
			entries = slices.Insert(entries, i, y)
		}
	}
	out.Status, out.Entries = Decided, entries
	out.Origins = append(slices.Clone(out.Origins), x.origin(p.name))
}
