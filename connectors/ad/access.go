package ad

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/fault"
)

// containers matches what may hold users, contacts and groups, to stand in an or.
const containers = "(objectClass=organizationalUnit)(objectClass=container)(objectClass=builtinDomain)(objectClass=domainDNS)"

const securityDescriptor = "nTSecurityDescriptor"

// sdFlagsDACL is the value of the SD flags control that asks for the DACL alone, [MS-ADTS] 3.1.1.3.4.1.11. Without it a
// domain controller withholds the whole descriptor from those who may not read its SACL.
const sdFlagsDACL = "\x30\x03\x02\x01\x04"

// admitted holds that the account may list what lies in a scope's OU and in each container below it that the server shows.
// It gives the benefit of the doubt where that cannot be known.
func (s *session) admitted(sc scope, pageSize int) error {
	op := "read scope " + sc.dn
	seen := false
	var closed []string
	q := ldapwire.Search{Base: sc.base(), Scope: ldapwire.Subtree, Filter: "(|" + guidFilter(sc.guid) + containers + ")",
		Attributes: []string{securityDescriptor, directory.AttrObjectGUID},
		Controls:   []ldapwire.Control{{OID: domainScopeOID, Critical: true}, {OID: sdFlagsOID, Critical: true, Value: sdFlagsDACL}}}
	err := s.conn.Pages(q, pageSize, func(e *ldapwire.Entry) error {
		guid, _ := directory.GUIDFromBytes([]byte(first(e, directory.AttrObjectGUID)))
		seen = seen || guid == sc.guid
		granted, known, err := s.lists(e)
		if err != nil {
			return fmt.Errorf("%s: %w", e.DN, err)
		}
		if known && !granted {
			closed = append(closed, e.DN)
		}
		return nil
	}, nil)
	switch {
	case err != nil:
	case !seen:
		err = &fault.Error{Kind: fault.Denied, Op: op, Err: errHidden}
	case len(closed) > 0:
		err = &fault.Error{Kind: fault.Denied, Op: op, Err: fmt.Errorf("%s: %w", enumerate(closed), errUnlisted)}
	}
	return classify(op, err)
}

// enumerate names the first few of many objects.
func enumerate(dns []string) string {
	const most = 10
	if len(dns) <= most {
		return strings.Join(dns, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(dns[:most], "; "), len(dns)-most)
}

// listable is lists for a single container.
func (s *session) listable(base string, controls ...ldapwire.Control) (granted, known bool, err error) {
	q := ldapwire.Search{Base: base, Filter: "(objectClass=*)", Attributes: []string{securityDescriptor},
		Controls: append(controls, ldapwire.Control{OID: sdFlagsOID, Critical: true, Value: sdFlagsDACL})}
	_, err = s.conn.Search(q, func(e *ldapwire.Entry) (err error) {
		granted, known, err = s.lists(e)
		return err
	})
	return granted, known, err
}

// lists reports whether the session may list what lies in a container, of which e holds the access control list. Without
// that right a domain controller answers every search below the container with success and no entries, the container
// itself still showing. known is false where its access control list may not be read either.
func (s *session) lists(e *ldapwire.Entry) (granted, known bool, err error) {
	descriptor := first(e, securityDescriptor)
	if descriptor == "" || len(s.domain.token) == 0 {
		return false, false, nil
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
