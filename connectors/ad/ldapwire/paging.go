package ldapwire

import (
	"errors"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// PagingOID names the simple paged results control, RFC 2696.
const PagingOID = "1.2.840.113556.1.4.319"

// ErrNoPaging says that a page came without its paging control, so that nothing proves that it is whole.
var ErrNoPaging = errors.New("the server sent no paging control; the page may be incomplete")

// Pages repeats a search page by page until the server says that there is no more. Every page must end in success and with
// a paging control. after, unless it is nil, is called behind each page, when the connection is free for other requests.
func (c *Conn) Pages(q Search, size int, yield func(*Entry) error, after func() error) error {
	cookie := ""
	controls := q.Controls[:len(q.Controls):len(q.Controls)]
	for {
		q.Controls = append(controls, Control{PagingOID, true, paging(size, cookie)})
		r, err := c.Search(q, yield)
		if err != nil {
			return err
		}
		value, ok := r.Control(PagingOID)
		if !ok {
			return ErrNoPaging
		}
		if cookie, err = pagingCookie(value); err != nil {
			return err
		}
		if after != nil {
			if err := after(); err != nil {
				return err
			}
		}
		if cookie == "" {
			return nil
		}
	}
}

func paging(size int, cookie string) string {
	p := ber.NewSequence("")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, int64(size), ""))
	p.AppendChild(octets(cookie))
	return string(p.Bytes())
}

func pagingCookie(value string) (string, error) {
	outer := elements{rest: value}
	inner := elements{rest: outer.take(tagSequence)}
	inner.integer(tagInteger)
	cookie := inner.take(tagOctets)
	if outer.bad || inner.bad {
		return "", ErrMalformed
	}
	return cookie, nil
}
