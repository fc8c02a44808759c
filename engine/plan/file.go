package plan

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A plan file is a zip archive:
//
//	changes.jsonl     one Change a line, in anchor order
//	manifest.json     the Manifest, with the SHA-256 of every other member but the signatures
//	policy/…          the bytes of the policies, tables and exceptions that decided
//	signatures.jsonl  one Signature of the plan's digest a line; only where somebody signed
//	skips.jsonl       one Skip a line, as they were found
//
// Members are sorted and carry one fixed time, so the same plan gives the same bytes. The archive comment is the SHA-256 of
// every byte before it, so that an altered header is found like an altered value. A plan's digest, by which it is approved
// and applied, is that of manifest.json: it covers every member, and how they are packed is none of its business.
const (
	changesMember    = "changes.jsonl"
	manifestMember   = "manifest.json"
	signaturesMember = "signatures.jsonl"
	skipsMember      = "skips.jsonl"
	policyPrefix     = "policy/"

	formatVersion = "1.0"
	fileKind      = "coexist.plan"
	digestPrefix  = "sha256:"
	sealLen       = len(digestPrefix) + 64
)

// Bounds on what a plan file may hold, so that a hostile one costs little before it is refused.
const (
	maxFile      = 4<<30 - 1 // of the archive: no zip64
	maxDirectory = 4 << 20   // of its central directory
	maxManifest  = 16 << 20
	maxSigned    = 1 << 20  // all signatures together
	maxPolicy    = 64 << 20 // all policy files together
	maxMember    = 64 << 30 // changes or skips, unpacked
	maxLine      = 64 << 20 // one change or skip
	maxFiles     = 10_000   // policy files
)

// packedAt is the time that every member carries: the first that a zip archive can express.
var packedAt = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// ErrNotPlan says that a file is no plan file at all.
var ErrNotPlan = errors.New("not a plan file")

// ErrAltered is what every AlteredError is: the file is not what the planner wrote.
var ErrAltered = errors.New("plan file was altered")

// ErrVersion says that a newer coexist wrote the file in a form that this one cannot read.
var ErrVersion = errors.New("plan file has an unknown format version")

// AlteredError says where a plan file differs from what was written. errors.Is(err, ErrAltered) holds.
type AlteredError struct {
	Path   string
	Member string // "" when the difference is outside of every member
	Err    error
}

// Error names file and member.
func (e *AlteredError) Error() string {
	where := e.Member
	if where == "" {
		where = "outside of its members"
	}
	return fmt.Sprintf("plan %s was altered: %s: %v", e.Path, where, e.Err)
}

// Unwrap gives the cause.
func (e *AlteredError) Unwrap() error { return e.Err }

// Is reports whether target is ErrAltered.
func (e *AlteredError) Is(target error) bool { return target == ErrAltered }

// order holds what a sequence of changes has shown so far, to refuse one that is out of order or named twice.
type order struct {
	begun  bool
	anchor string
	ids    map[string]bool // of the changes with this anchor
}

// next takes one more change. A change needs an anchor, by which the ledger files it. Ids begin with their anchor, so only
// those of one anchor are held against each other.
func (o *order) next(c *Change) error {
	anchor := string(c.Object.Anchor)
	rest, named := strings.CutPrefix(c.ID, anchor+"/"+string(c.Action))
	switch {
	case anchor == "":
		return fmt.Errorf("change %q has no anchor", c.ID)
	case !named || rest != "" && rest[0] != '/':
		return fmt.Errorf("change %q is not named after its anchor and action", c.ID)
	case o.begun && anchor < o.anchor:
		return fmt.Errorf("change %q comes after anchor %q", c.ID, o.anchor)
	case !o.begun || anchor != o.anchor:
		o.begun, o.anchor, o.ids = true, anchor, map[string]bool{}
	}
	if o.ids[c.ID] {
		return fmt.Errorf("change %q stands twice", c.ID)
	}
	o.ids[c.ID] = true
	return nil
}
