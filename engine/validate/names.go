package validate

import (
	"fmt"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

const (
	maxDisplayName  = 256
	maxName         = 64
	maxPhoto        = 100 << 10 // bytes
	maxCertificates = 15
)

// checkNames looks at the names that people read, and at what has no check of its own.
func (r *run) checkNames() {
	e := r.entry
	r.checkDisplayName()
	for _, v := range e.edges {
		f := r.find("LBL-001", v.attribute, v.value, "white space at an end, which is trimmed")
		if f != nil {
			f.Fix = trimFix(v)
			if s := e.layout.slotOf(v.attribute); s != slots && r.clashes(s, f.Fix.After) || f.Fix.After == "" {
				f.Fix = nil
			}
		}
	}
	if e.object.Kind != directory.User {
		return
	}
	r.tooLong("NAM-001", aGivenName)
	r.tooLong("NAM-002", aSurname)
	if n := len(e.first(aPhoto)); n > maxPhoto {
		r.find("SIZ-001", slotNames[aPhoto], "", fmt.Sprintf("%d bytes, 102400 are safe", n))
	}
	for _, s := range []slot{aCertificate, aSMIME} {
		if n := len(e.values[s]); n > maxCertificates {
			r.find("SIZ-001", slotNames[s], "", fmt.Sprintf("%d certificates, 15 are allowed", n))
		}
	}
}

func trimFix(v edge) *Fix { return &Fix{v.attribute, v.value, strings.TrimSpace(v.value), true} }

// slotOf gives the slot of an attribute by its name.
func (l *layout) slotOf(name string) slot {
	for n, known := range l.names {
		if known == name {
			return l.slots[n]
		}
	}
	return slots
}

func (r *run) checkDisplayName() {
	e := r.entry
	v := e.first(aDisplayName)
	group := e.object.Kind == directory.Group
	switch {
	case strings.TrimSpace(v) == "" && group && !e.mailEnabled():
		// Security groups rarely have one; cn is their name on both sides.
	case strings.TrimSpace(v) == "":
		f := r.find("DSP-001", slotNames[aDisplayName], v, "the cloud gets cn: "+e.first(aCN)).raise(group && r.mode == cloud.Provision)
		if cn := strings.TrimSpace(e.first(aCN)); len([]rune(cn)) <= maxDisplayName {
			r.fixTo(f, aDisplayName, v, cn, true)
		}
		return
	}
	if n := len([]rune(v)); n > maxDisplayName {
		r.find("DSP-002", slotNames[aDisplayName], v, fmt.Sprintf("%d characters, 256 are allowed", n))
	}
	if spaced(v) && strings.TrimSpace(v) != "" {
		r.fixTo(r.find("DSP-003", slotNames[aDisplayName], v, "white space at an end"), aDisplayName, v, strings.TrimSpace(v), true)
	}
}

func (r *run) tooLong(id string, s slot) {
	v := r.entry.first(s)
	if n := len([]rune(v)); n > maxName {
		r.fixTo(r.find(id, slotNames[s], v, fmt.Sprintf("%d characters, 64 are allowed", n)), s, v, cut(v, maxName), false)
	}
}
