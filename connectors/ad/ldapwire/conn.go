package ldapwire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// MaxMessage is the size in bytes above which a message is refused. The largest that a domain controller sends is an entry
// whose attributes hold some thousand distinguished names each.
const MaxMessage = 64 << 20

const startTLS = "1.3.6.1.4.1.1466.20037" // RFC 4511 4.14

// Conn is a connection to an LDAP server. It is not safe for concurrent use, except Close.
type Conn struct {
	// Timeout is how long one operation may take, from sending its request to its final message; 0 means for ever.
	Timeout time.Duration

	raw     net.Conn // what was dialled; closing it interrupts whatever waits
	net     net.Conn // raw, or TLS over it
	reader  *bufio.Reader
	id      int
	limited io.LimitedReader // of reader, to the end of a message
	buffer  bytes.Buffer
	broken  bool
}

// NewConn speaks LDAP over c, in the clear until Handshake or StartTLS.
func NewConn(c net.Conn) *Conn {
	r := bufio.NewReaderSize(c, 1<<16)
	return &Conn{raw: c, net: c, reader: r, limited: io.LimitedReader{R: r}}
}

// Close ends the connection without ceremony; a search that waits on it fails.
func (c *Conn) Close() error { return c.raw.Close() }

// StartTLS asks the server for TLS and completes the handshake.
func (c *Conn) StartTLS(ctx context.Context, cfg *tls.Config) error {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationExtendedRequest, nil, "")
	op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, startTLS, ""))
	if err := c.simple(op, tagExtendedResponse); err != nil {
		return err
	}
	if c.reader.Buffered() > 0 {
		c.broken = true
		return fmt.Errorf("%w: text in the clear after StartTLS", ErrMalformed)
	}
	return c.Handshake(ctx, cfg)
}

// Handshake puts TLS over the connection at once, as ldaps:// wants it.
func (c *Conn) Handshake(ctx context.Context, cfg *tls.Config) error {
	secure := tls.Client(c.raw, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		c.broken = true
		return err
	}
	c.net = secure
	c.reader.Reset(secure)
	return nil
}

// Bind signs in by simple bind. An empty password is refused here: to a server it would mean anonymous (RFC 4513 5.1.2).
func (c *Conn) Bind(name, password string) error {
	if password == "" {
		return errors.New("empty password")
	}
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationBindRequest, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 3, ""))
	op.AppendChild(octets(name))
	op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, password, ""))
	return c.simple(op, tagBindResponse)
}

// simple sends a request and waits for its one response, which must have the tag.
func (c *Conn) simple(op *ber.Packet, want byte) error {
	if err := c.send(op, nil); err != nil {
		return err
	}
	tag, body, _, err := c.receive()
	if err != nil {
		return err
	}
	e := elements{rest: body}
	r := decodeResult(&e)
	if tag != want || e.bad {
		c.broken = true
		return ErrMalformed
	}
	if r.Code != ldap.LDAPResultSuccess {
		return &ResultError{r}
	}
	return nil
}

// send writes a request and starts its time.
func (c *Conn) send(op *ber.Packet, controls []Control) error {
	if c.broken {
		return net.ErrClosed
	}
	c.id++
	message := ber.NewSequence("")
	message.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, int64(c.id), ""))
	message.AppendChild(op)
	if len(controls) > 0 {
		list := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
		for _, ctl := range controls {
			list.AppendChild(ctl.packet())
		}
		message.AppendChild(list)
	}
	var deadline time.Time
	if c.Timeout > 0 {
		deadline = time.Now().Add(c.Timeout)
	}
	err := c.net.SetDeadline(deadline)
	if err == nil {
		_, err = c.net.Write(message.Bytes())
	}
	c.broken = c.broken || err != nil
	return err
}

func (ctl Control) packet() *ber.Packet {
	p := ber.NewSequence("")
	p.AppendChild(octets(ctl.OID))
	if ctl.Critical {
		p.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, true, ""))
	}
	if ctl.Value != "" {
		p.AppendChild(octets(ctl.Value))
	}
	return p
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

// receive reads the next message and gives its operation and what follows it. Strings cut from body stay valid.
func (c *Conn) receive() (tag byte, body string, rest elements, err error) {
	tag, body, rest, err = c.read()
	c.broken = c.broken || err != nil
	return tag, body, rest, err
}

func (c *Conn) read() (tag byte, body string, rest elements, err error) {
	message, err := c.message()
	if err != nil {
		return 0, "", rest, err
	}
	rest = elements{rest: message}
	id := rest.integer(tagInteger)
	tag, body = rest.next()
	switch {
	case rest.bad:
		return 0, "", rest, ErrMalformed
	case id == 0 && tag == tagExtendedResponse: // notice of disconnection, RFC 4511 4.4.1
		e := elements{rest: body}
		return 0, "", rest, fmt.Errorf("the server ended the session: %w", &ResultError{decodeResult(&e)})
	case id != c.id:
		return 0, "", rest, fmt.Errorf("%w: an answer to request %d, waiting for %d", ErrMalformed, id, c.id)
	}
	return tag, body, rest, nil
}

// message reads the content of one LDAPMessage. It takes memory as the bytes come, not as their announced length says. The end of the stream is io.ErrUnexpectedEOF: somebody waits for an answer.
func (c *Conn) message() (string, error) {
	n, err := c.header()
	if err != nil {
		return "", unexpected(err)
	}
	c.buffer.Reset()
	c.limited.N = int64(n)
	if _, err := c.buffer.ReadFrom(&c.limited); err != nil {
		return "", err
	}
	if c.limited.N > 0 {
		return "", io.ErrUnexpectedEOF
	}
	return c.buffer.String(), nil
}

// header reads tag and length of a message.
func (c *Conn) header() (int, error) {
	tag, err := c.reader.ReadByte()
	if err != nil {
		return 0, err
	}
	first, err := c.reader.ReadByte()
	if err != nil {
		return 0, err
	}
	if tag != tagSequence || first == 0x80 || first > 0x84 {
		return 0, ErrMalformed
	}
	if first < 0x80 {
		return int(first), nil
	}
	n := 0
	for range first & 0x7f {
		b, err := c.reader.ReadByte()
		if err != nil {
			return 0, err
		}
		n = n<<8 | int(b)
	}
	if n < 0 || n > MaxMessage {
		return 0, fmt.Errorf("%w: %d bytes", ErrMalformed, n)
	}
	return n, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// TLS gives the state of the connection's TLS; ok is false while it has none.
func (c *Conn) TLS() (state tls.ConnectionState, ok bool) {
	t, ok := c.net.(*tls.Conn)
	if !ok {
		return state, false
	}
	return t.ConnectionState(), true
}
