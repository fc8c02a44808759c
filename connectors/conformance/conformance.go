package conformance

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
)

// Tenant is a target over a tenant that nobody else uses, for one test. The tenant needs a verified domain, and two
// subscriptions with a seat or more each, the first of which in order of part numbers has a service plan.
type Tenant struct {
	Target connector.Target
	// Put places an object that is not ours into the tenant, past the target, and returns its id. Only Type, Anchor,
	// Synced, the properties displayName, userPrincipalName, mailNickname and accountEnabled, and of a mail contact Mail and
	// Proxies, need to be regarded.
	Put func(t *testing.T, o cloud.Object) (id string)
}

// Run holds a target against the contract. setup makes a fresh tenant for each test.
func Run(t *testing.T, setup func(t *testing.T) Tenant) {
	for name, test := range map[string]func(*suite){
		"tenant facts are in order":                         (*suite).tenantFacts,
		"a user that was created is read back":              (*suite).createUser,
		"a security group that was created is read back":    (*suite).createSecurityGroup,
		"a Microsoft 365 group that was created is read":    (*suite).createMicrosoft365Group,
		"two users never share an anchor or sign-in name":   (*suite).uniqueness,
		"a group create repeated never makes two":           (*suite).repeatedGroup,
		"a create without its required values is refused":   (*suite).incomplete,
		"an update sets, clears and leaves the rest":        (*suite).update,
		"a required property is never cleared":              (*suite).clearRequired,
		"adoption writes the anchor and nothing else":       (*suite).adopt,
		"an anchor in use is not given to another":          (*suite).adoptTaken,
		"a manager is set, replaced and cleared":            (*suite).manager,
		"members are added and removed, again and again":    (*suite).members,
		"owners are added and removed":                      (*suite).owners,
		"licences are added, changed, replaced and removed": (*suite).licences,
		"a licence needs a usage location":                  (*suite).licenceWithoutLocation,
		"disabling blocks sign-in":                          (*suite).disable,
		"a deleted user is marked and can be restored":      (*suite).deleteAndRestore,
		"deleting what is gone is a success":                (*suite).deleteGone,
		"what does not exist is not found":                  (*suite).notFound,
		"a reference that cannot be resolved is not found":  (*suite).unresolved,
		"an object another engine masters is not changed":   (*suite).mastered,
		"an error of yield is passed on":                    (*suite).yieldError,
		"a cancelled read is an error":                      (*suite).cancelled,
		"only the properties asked for are returned":        (*suite).onlyAsked,
		"a photo is written and read as its digest":         (*suite).photo,
		"a mail contact is among the objects":               (*suite).contact,
		"many questions are answered as one by one":         (*suite).survey,
	} {
		t.Run(name, func(t *testing.T) {
			tenant := setup(t)
			s := &suite{T: t, target: tenant.Target, put: tenant.Put}
			facts, err := s.target.Tenant(t.Context())
			if err != nil {
				t.Fatalf("read tenant: %v", err)
			}
			s.facts = facts
			test(s)
		})
	}
}

// suite is one test with its tenant.
type suite struct {
	*testing.T
	target connector.Target
	put    func(*testing.T, cloud.Object) string
	facts  cloud.Tenant
	made   int
}

// domain gives a verified, managed domain.
func (s *suite) domain() string {
	s.Helper()
	for _, d := range s.facts.Domains {
		if d.Verified && !d.Federated {
			return d.Name
		}
	}
	s.Fatal("the tenant has no verified domain")
	return ""
}

// properties of users and groups that the suite reads back.
var (
	userProperties  = []string{"accountEnabled", "businessPhones", "displayName", "extensionAttribute1", "givenName", "jobTitle", "licenses", "mailNickname", "manager", "usageLocation", "userPrincipalName"}
	groupProperties = []string{"description", "displayName", "mailNickname", "members", "owners"}
)

func propertiesOf(t cloud.Type) []string {
	if t.IsGroup() {
		return groupProperties
	}
	return userProperties
}

// anchor gives an anchor that no other object of this test has, in the form for the type.
func (s *suite) anchor(t cloud.Type) directory.Anchor {
	s.made++
	g := directory.GUID{0: byte(s.made), 1: byte(s.made >> 8), 7: 0x40, 8: 0x80, 15: 0x2b}
	if t.IsGroup() {
		return directory.Anchor(g.String())
	}
	return directory.Anchor(base64.StdEncoding.EncodeToString(g[:]))
}

// user gives the change that creates a user; name must be new to the test.
func (s *suite) user(name string, more ...plan.Attribute) plan.Change {
	s.Helper()
	return s.change(plan.Create, plan.Object{Anchor: s.anchor(cloud.User), Kind: "user", Type: cloud.User, Name: name}, append([]plan.Attribute{
		set("accountEnabled", cloud.Truth(true)),
		set("displayName", cloud.Text(name)),
		set("mailNickname", cloud.Text(name)),
		set("userPrincipalName", cloud.Text(name+"@"+s.domain())),
	}, more...)...)
}

// group gives the change that creates a group.
func (s *suite) group(t cloud.Type, name string) plan.Change {
	return s.change(plan.Create, plan.Object{Anchor: s.anchor(t), Kind: "group", Type: t, Name: name},
		set("displayName", cloud.Text(name)), set("mailNickname", cloud.Text(name)))
}

func (s *suite) change(a plan.Action, o plan.Object, attrs ...plan.Attribute) plan.Change {
	slices.SortFunc(attrs, func(a, b plan.Attribute) int { return strings.Compare(a.Name, b.Name) })
	return plan.Change{ID: string(o.Anchor) + "/" + string(a), Object: o, Action: a, Directory: cloud.Entra, Attributes: attrs}
}

func set(name string, v cloud.Value) plan.Attribute { return plan.Attribute{Name: name, After: v} }

// known resolves references that hold an id, which is all that the suite makes.
func known(r plan.Ref) (string, bool) { return r.ID, r.ID != "" }

// export carries out a change that must succeed.
func (s *suite) export(c plan.Change) string {
	s.Helper()
	id, err := s.target.Export(s.Context(), c, known)
	if err != nil {
		s.Fatalf("%s %s: %v", c.Action, c.Object.Name, err)
	}
	if id == "" || c.Object.ID != "" && id != c.Object.ID {
		s.Fatalf("%s %s returned id %q, want that of the object", c.Action, c.Object.Name, id)
	}
	return id
}

// refused carries out a change that must fail with one of the kinds.
func (s *suite) refused(c plan.Change, kinds ...fault.Kind) {
	s.Helper()
	id, err := s.target.Export(s.Context(), c, known)
	if err == nil {
		s.Fatalf("%s %s succeeded with id %s, want an error of kind %v", c.Action, c.Object.Name, id, kinds)
	}
	s.kind(err, kinds...)
}

// kind checks that an error is classified as one of the kinds.
func (s *suite) kind(err error, kinds ...fault.Kind) {
	s.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		s.Fatalf("error %v carries no kind", err)
	}
	if !slices.Contains(kinds, f.Kind) {
		s.Fatalf("error of kind %v, want one of %v: %v", f.Kind, kinds, err)
	}
}

// of gives the object of a change with its id, as later changes name it.
func of(c plan.Change, id string) plan.Object {
	o := c.Object
	o.ID = id
	return o
}

// create carries out a create and returns the object as later changes name it.
func (s *suite) create(c plan.Change) plan.Object {
	s.Helper()
	return of(c, s.export(c))
}

// current reads an object that must exist.
func (s *suite) current(o plan.Object) cloud.Object {
	s.Helper()
	c, err := s.target.Current(s.Context(), o.Type, o.ID, propertiesOf(o.Type))
	if err != nil {
		s.Fatalf("read %s: %v", o.Name, err)
	}
	if c.ID != o.ID || c.Type != o.Type || c.Deleted {
		s.Fatalf("read %s: got id %s, type %s, deleted %v", o.Name, c.ID, c.Type, c.Deleted)
	}
	return c
}

// all reads the whole tenant; every id must come once.
func (s *suite) all(properties ...string) map[string]cloud.Object {
	s.Helper()
	out := map[string]cloud.Object{}
	err := s.target.Objects(s.Context(), properties, func(o cloud.Object) error {
		if _, twice := out[o.ID]; twice {
			return fmt.Errorf("object %s came twice", o.ID)
		}
		if !slices.IsSortedFunc(o.Properties, func(a, b cloud.Set) int { return strings.Compare(a.Name, b.Name) }) {
			return fmt.Errorf("properties of object %s are not sorted", o.ID)
		}
		out[o.ID] = o
		return nil
	})
	if err != nil {
		s.Fatalf("read all objects: %v", err)
	}
	return out
}

// want checks one property.
func (s *suite) want(o cloud.Object, name string, want cloud.Value) {
	s.Helper()
	if got := o.Get(name); !got.Equal(want) {
		s.Errorf("%s of %s is %v, want %v", name, o.ID, got, want)
	}
}
