package ldapwire

import "errors"

// ErrMalformed says that the server sent something that is not LDAP.
var ErrMalformed = errors.New("malformed LDAP message")

// The tags that this package meets, class and constructed bit included.
const (
	tagInteger    = 0x02
	tagOctets     = 0x04
	tagEnumerated = 0x0a
	tagSequence   = 0x30
	tagSet        = 0x31

	tagBindResponse     = 0x61
	tagSearchEntry      = 0x64
	tagSearchDone       = 0x65
	tagSearchReference  = 0x73
	tagExtendedResponse = 0x78

	tagControls = 0xa0 // of a message
	tagReferral = 0xa3 // of a result
)

// elements cuts definite-length BER elements off the front of a string. After an error every further element is empty.
type elements struct {
	rest string
	bad  bool
}

func (e *elements) more() bool { return len(e.rest) > 0 }

// next gives the next element; tag 0 marks the end or an error.
func (e *elements) next() (tag byte, body string) {
	if len(e.rest) < 2 {
		return e.fail()
	}
	n, header := int(e.rest[1]), 2
	if n >= 0x80 {
		k := n & 0x7f
		if k == 0 || k > 4 || len(e.rest) < 2+k {
			return e.fail()
		}
		n, header = 0, 2+k
		for i := 2; i < header; i++ {
			n = n<<8 | int(e.rest[i])
		}
	}
	if n < 0 || n > len(e.rest)-header {
		return e.fail()
	}
	tag, body, e.rest = e.rest[0], e.rest[header:header+n], e.rest[header+n:]
	return tag, body
}

// take gives the body of the next element, which must have the tag.
func (e *elements) take(tag byte) string {
	got, body := e.next()
	if got != tag {
		e.fail()
		return ""
	}
	return body
}

// integer takes an INTEGER or ENUMERATED that fits an int32.
func (e *elements) integer(tag byte) int {
	body := e.take(tag)
	if len(body) < 1 || len(body) > 4 {
		e.fail()
		return 0
	}
	n := int(int8(body[0]))
	for i := 1; i < len(body); i++ {
		n = n<<8 | int(body[i])
	}
	return n
}

func (e *elements) fail() (byte, string) {
	e.rest, e.bad = "", true
	return 0, ""
}
