package directory

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Kind is what an object is in its directory. inetOrgPerson counts as User, as Entra Connect does.
type Kind uint8

// The kinds of objects that coexist reads. The order is part of the snapshot file format.
const (
	User Kind = iota + 1
	Contact
	Group
)

// String gives the word used in policies, plans and reports: user, contact or group.
func (k Kind) String() string {
	switch k {
	case User:
		return "user"
	case Contact:
		return "contact"
	case Group:
		return "group"
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// ParseKind is the inverse of Kind.String.
func ParseKind(s string) (Kind, error) {
	for _, k := range []Kind{User, Contact, Group} {
		if k.String() == s {
			return k, nil
		}
	}
	return 0, fmt.Errorf("unknown kind %q", s)
}

// GUID is an objectGUID or mS-DS-ConsistencyGuid: 16 bytes in the order in which Active Directory stores them, the first
// three fields little-endian ([MS-DTYP] 2.3.4).
type GUID [16]byte

// GUIDFromBytes copies a raw attribute value; ok is false unless it has 16 bytes.
func GUIDFromBytes(b []byte) (g GUID, ok bool) {
	return g, copy(g[:], b) == 16 && len(b) == 16
}

// ParseGUID reads the usual text form, with or without braces, in either case.
func ParseGUID(s string) (GUID, error) {
	var g GUID
	t := strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	if len(t) != 36 || t[8] != '-' || t[13] != '-' || t[18] != '-' || t[23] != '-' {
		return g, fmt.Errorf("%q is not a GUID", s)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(t, "-", ""))
	if err != nil || len(b) != 16 {
		return g, fmt.Errorf("%q is not a GUID", s)
	}
	binary.LittleEndian.PutUint32(g[0:], binary.BigEndian.Uint32(b[0:]))
	binary.LittleEndian.PutUint16(g[4:], binary.BigEndian.Uint16(b[4:]))
	binary.LittleEndian.PutUint16(g[6:], binary.BigEndian.Uint16(b[6:]))
	copy(g[8:], b[8:])
	return g, nil
}

// IsZero reports whether g is unset.
func (g GUID) IsZero() bool { return g == GUID{} }

// String gives the usual lower-case text form, 8-4-4-4-12.
func (g GUID) String() string {
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(g[0:]), binary.LittleEndian.Uint16(g[4:]),
		binary.LittleEndian.Uint16(g[6:]), g[8:10], g[10:])
}

// MarshalText writes String.
func (g GUID) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText is ParseGUID.
func (g *GUID) UnmarshalText(b []byte) (err error) {
	*g, err = ParseGUID(string(b))
	return err
}

// Anchor is the source anchor, the value that stands in the cloud for as long as the object lives and by which the two
// are hard-matched. For users it is the base64 of the 16 raw bytes of mS-DS-ConsistencyGuid, else of objectGUID, and
// stands in onPremisesImmutableId; for groups and contacts it is the objectGUID as text, for Graph groups in uniqueName.
// Anchors are case-sensitive.
type Anchor string

// ErrNoAnchor says that an object has neither a usable mS-DS-ConsistencyGuid nor an objectGUID.
var ErrNoAnchor = errors.New("object has no source anchor")

// AnchorOf gives the anchor of an object. consistency is the raw mS-DS-ConsistencyGuid, empty if the object has none; a
// value of another length than 16 bytes is an error rather than a fall-back, because the anchor would change once the
// value is mended.
func AnchorOf(kind Kind, guid GUID, consistency string) (Anchor, error) {
	if kind != User {
		if guid.IsZero() {
			return "", ErrNoAnchor
		}
		return Anchor(guid.String()), nil
	}
	if consistency != "" {
		if len(consistency) != 16 {
			return "", fmt.Errorf("mS-DS-ConsistencyGuid has %d bytes, want 16", len(consistency))
		}
		return Anchor(base64.StdEncoding.EncodeToString([]byte(consistency))), nil
	}
	if guid.IsZero() {
		return "", ErrNoAnchor
	}
	return Anchor(base64.StdEncoding.EncodeToString(guid[:])), nil
}
