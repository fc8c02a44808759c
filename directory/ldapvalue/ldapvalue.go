// Package ldapvalue decodes the encodings in which Active Directory hands out SIDs, times, flags and integers. It is
// shared by every connector that reads LDAP data, from the wire or from a file.
package ldapvalue

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxParts is how many sub-authorities a SID has at most.
const maxParts = 15

// SID gives the text form of a binary security identifier, S-1-5-21-…, after [MS-DTYP] 2.4.2.
func SID(raw string) (string, error) {
	if len(raw) < 8 || raw[1] > maxParts || len(raw) != 8+4*int(raw[1]) {
		return "", fmt.Errorf("a SID of %d bytes", len(raw))
	}
	var authority uint64
	for i := 2; i < 8; i++ {
		authority = authority<<8 | uint64(raw[i])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "S-%d-%d", raw[0], authority)
	for i := 8; i < len(raw); i += 4 {
		fmt.Fprintf(&b, "-%d", binary.LittleEndian.Uint32([]byte(raw[i:i+4])))
	}
	return b.String(), nil
}

// Time reads an LDAP generalized time as Active Directory writes it, 20261122010203.0Z.
func Time(s string) (time.Time, error) {
	for _, layout := range []string{"20060102150405.0Z", "20060102150405Z", "20060102150405.0-0700", "20060102150405-0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a generalized time", s)
}

// fileTimeEpoch is 1601-01-01 in Unix seconds.
const fileTimeEpoch = -11644473600

// FileTime reads a decimal count of 100 ns intervals since 1601. Zero and the greatest int64 mean never: ok is false.
func FileTime(s string) (t time.Time, ok bool, err error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return t, false, fmt.Errorf("%q is not a file time", s)
	}
	if n <= 0 || n == 1<<63-1 {
		return t, false, nil
	}
	return time.Unix(fileTimeEpoch+n/1e7, n%1e7*100).UTC(), true, nil
}

// Int reads an integer or large integer. Flags such as groupType come as signed 32-bit numbers and stay so.
func Int(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not an integer", s)
	}
	return n, nil
}

// Bool reads TRUE or FALSE.
func Bool(s string) (bool, error) {
	switch strings.ToUpper(s) {
	case "TRUE":
		return true, nil
	case "FALSE":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither TRUE nor FALSE", s)
}

// ParseSID is the inverse of SID.
func ParseSID(s string) (raw string, err error) {
	parts := strings.Split(s, "-")
	if len(parts) < 3 || len(parts) > 3+maxParts || parts[0] != "S" && parts[0] != "s" {
		return "", fmt.Errorf("%q is not a SID", s)
	}
	revision, err := strconv.ParseUint(parts[1], 10, 8)
	if err != nil {
		return "", fmt.Errorf("%q is not a SID", s)
	}
	authority, err := strconv.ParseUint(parts[2], 10, 48)
	if err != nil {
		return "", fmt.Errorf("%q is not a SID", s)
	}
	b := binary.BigEndian.AppendUint64(nil, authority)
	b[0], b[1] = byte(revision), byte(len(parts)-3)
	for _, p := range parts[3:] {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return "", fmt.Errorf("%q is not a SID", s)
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return string(b), nil
}
