package ad

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
)

// sdFlagsDACL is the value of the SD flags control that asks for the DACL alone, [MS-ADTS] 3.1.1.3.4.1.11. Without it a
// domain controller withholds the whole descriptor from those who may not read its SACL.
const sdFlagsDACL = "\x30\x03\x02\x01\x04"

// listable reports whether the session may list what lies in a container. Without that right a domain controller answers
// every search below the container with success and no entries, the container itself still showing. known is false where
// the container's access control list may not be read either.
func (s *session) listable(base string, controls ...ldapwire.Control) (granted, known bool, err error) {
	descriptor := ""
	q := ldapwire.Search{Base: base, Filter: "(objectClass=*)", Attributes: []string{"nTSecurityDescriptor"},
		Controls: append(controls, ldapwire.Control{OID: sdFlagsOID, Critical: true, Value: sdFlagsDACL})}
	_, err = s.conn.Search(q, func(e *ldapwire.Entry) error {
		descriptor = first(e, "nTSecurityDescriptor")
		return nil
	})
	if err != nil || descriptor == "" || len(s.domain.token) == 0 {
		return false, false, err
	}
	granted, err = grantsList([]byte(descriptor), s.domain.token)
	return granted, true, err
}

// Access masks and ACE fields of [MS-DTYP] 2.4.3 to 2.4.4 and [MS-ADTS] 5.1.3.2.
const (
	rightList    = 0x00000004 // ADS_RIGHT_ACTRL_DS_LIST
	genericRead  = 0x80000000
	genericAll   = 0x10000000
	aceAllow     = 0
	aceDeny      = 1
	aceAllowFor  = 5 // of one property, property set or class, when it names one
	aceDenyFor   = 6
	inheritOnly  = 0x08
	namesObject  = 0x1
	namesInherit = 0x2
)

var errDescriptor = errors.New("malformed security descriptor")

// grantsList evaluates a self-relative security descriptor for List Contents: the first entry that speaks of the right and
// of one of the SIDs decides. No DACL at all grants everything, an empty one nothing.
func grantsList(sd []byte, token []string) (bool, error) {
	if len(sd) < 20 {
		return false, errDescriptor
	}
	at := int(binary.LittleEndian.Uint32(sd[16:]))
	if at == 0 {
		return true, nil
	}
	if at < 20 || len(sd)-at < 8 {
		return false, errDescriptor
	}
	count, aces := int(binary.LittleEndian.Uint16(sd[at+4:])), sd[at+8:]
	for range count {
		if len(aces) < 8 {
			return false, errDescriptor
		}
		size := int(binary.LittleEndian.Uint16(aces[2:]))
		if size < 8 || size > len(aces) {
			return false, errDescriptor
		}
		if allow, decides := decide(aces[:size], token); decides {
			return allow, nil
		}
		aces = aces[size:]
	}
	return false, nil
}

// decide says whether one access control entry grants or denies List Contents to one of the SIDs.
func decide(ace []byte, token []string) (allow, decides bool) {
	kind, flags, mask, sid := ace[0], ace[1], binary.LittleEndian.Uint32(ace[4:]), ace[8:]
	if kind == aceAllowFor || kind == aceDenyFor {
		if len(sid) < 4 || sid[0]&namesObject != 0 {
			return false, false
		}
		skip := 4
		if sid[0]&namesInherit != 0 {
			skip += 16
		}
		if len(sid) < skip {
			return false, false
		}
		sid = sid[skip:]
	} else if kind != aceAllow && kind != aceDeny {
		return false, false
	}
	if flags&inheritOnly != 0 || mask&(rightList|genericRead|genericAll) == 0 || !slices.Contains(token, string(sid)) {
		return false, false
	}
	return kind == aceAllow || kind == aceAllowFor, true
}
