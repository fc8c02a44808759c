package ldapscript

import (
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// result is an LDAPResult.
type result struct {
	code     int
	message  string
	referral string
}

func (r result) encode(tag ber.Tag) []byte {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, int64(r.code), ""))
	p.AppendChild(text(""))
	p.AppendChild(text(r.message))
	if r.referral != "" {
		list := ber.Encode(ber.ClassContext, ber.TypeConstructed, 3, nil, "")
		list.AppendChild(text(r.referral))
		p.AppendChild(list)
	}
	return p.Bytes()
}

func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func reference(url string) []byte {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultReference, nil, "")
	p.AppendChild(text(url))
	return p.Bytes()
}

// entry encodes a SearchResultEntry. What was encoded once is kept, so that benchmarks measure the client.
func (s *Server) entry(o *object, names []string) []byte {
	key := strings.Join(names, " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := o.sent[key]; ok {
		return b
	}
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	p.AppendChild(text(o.dn))
	list := ber.NewSequence("")
	for _, asked := range names {
		found, values := s.domain.attribute(o, asked)
		for i, name := range found {
			list.AppendChild(pair(name, values[i]))
		}
	}
	for name, values := range o.extra {
		list.AppendChild(pair(name, values))
	}
	p.AppendChild(list)
	o.sent[key] = p.Bytes()
	return o.sent[key]
}

func pair(name string, values []string) *ber.Packet {
	p := ber.NewSequence("")
	p.AppendChild(text(name))
	set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
	for _, v := range values {
		set.AppendChild(text(v))
	}
	p.AppendChild(set)
	return p
}

func pagingControl(cookie string) []byte {
	c := ldap.NewControlPaging(0)
	c.SetCookie([]byte(cookie))
	p := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	p.AppendChild(c.Encode())
	return p.Bytes()
}

// send writes one LDAPMessage: its id, an encoded operation, and encoded controls.
func (c *conn) send(id int, op, controls []byte) error {
	n := 6 + len(op) + len(controls)
	c.out.Write([]byte{0x30, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n),
		0x02, 0x04, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)})
	c.out.Write(op)
	_, err := c.out.Write(controls)
	return err
}
