package ldapscript

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// The account that may sign in, and its password.
const (
	Account  = "svc-coexist@contoso.example"
	Password = "Scripted-Passw0rd"
)

// Server is a running server.
type Server struct {
	URL      string // ldaps://127.0.0.1:port
	StartTLS string // ldap://127.0.0.1:port
	CA       []byte // PEM of the CA that signed the server's certificate

	cutAfter atomic.Int64 // bytes a connection; 0 means never
	sent     atomic.Int64 // bytes on all connections

	mu      sync.Mutex
	domain  Domain
	objects []*object
	schema  []*object
	faults  []Fault
	before  func(op Op, nth int, d *Domain)
	seen    map[Op]int

	tls       *tls.Config
	listeners []net.Listener
	conns     map[net.Conn]bool
	done      chan struct{}
	running   sync.WaitGroup
}

// Start runs a server on loopback ports that the system chooses, until Close.
func Start(d Domain, faults ...Fault) (*Server, error) {
	ca, cert, err := authority()
	if err != nil {
		return nil, err
	}
	s := &Server{CA: ca, domain: d, faults: faults, seen: map[Op]int{}, conns: map[net.Conn]bool{}, done: make(chan struct{}),
		tls: &tls.Config{Certificates: []tls.Certificate{cert}}}
	s.objects, s.schema = d.index()
	for _, secure := range []bool{true, false} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.Close()
			return nil, err
		}
		s.listeners = append(s.listeners, l)
		s.running.Go(func() { s.accept(l, secure) })
	}
	s.URL, s.StartTLS = "ldaps://"+s.listeners[0].Addr().String(), "ldap://"+s.listeners[1].Addr().String()
	return s, nil
}

// Before calls f before each answer with the kind of the request, its number from 1, and the domain, which f may change.
func (s *Server) Before(f func(op Op, nth int, d *Domain)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// Update changes the domain.
func (s *Server) Update(f func(*Domain)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.domain)
	s.objects, s.schema = s.domain.index()
}

// CutAfter closes every further connection once it has sent n bytes, TLS included; 0 means never.
func (s *Server) CutAfter(n int64) { s.cutAfter.Store(n) }

// Sent is how many bytes were sent so far, TLS included.
func (s *Server) Sent() int64 { return s.sent.Load() }

// Close ends the server and its connections.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	for _, l := range s.listeners {
		l.Close()
	}
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) accept(l net.Listener, secure bool) {
	for {
		raw, err := l.Accept()
		if err != nil || !s.enter(raw) {
			return
		}
		counted := &metered{Conn: raw, server: s, left: s.cutAfter.Load()}
		if counted.left == 0 {
			counted.left = -1
		}
		s.running.Go(func() {
			defer s.leave(raw)
			c := &conn{server: s, results: map[string][]*object{}}
			if c.use(counted); secure {
				c.use(tls.Server(counted, s.tls))
			}
			c.serve()
		})
	}
}

// enter notes a connection, so that Close ends it; false when the server has ended.
func (s *Server) enter(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		c.Close()
		return false
	default:
		s.conns[c] = true
		return true
	}
}

func (s *Server) leave(c net.Conn) {
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// metered counts what is sent and closes the connection after some bytes.
type metered struct {
	net.Conn
	server *Server
	left   int64 // -1 for no end
}

// Write sends p, or as much of it as the connection may still send.
func (m *metered) Write(p []byte) (int, error) {
	if m.left >= 0 && int64(len(p)) > m.left {
		n, _ := m.Conn.Write(p[:m.left])
		m.server.sent.Add(int64(n))
		m.Close()
		return n, net.ErrClosed
	}
	n, err := m.Conn.Write(p)
	m.server.sent.Add(int64(n))
	if m.left >= 0 {
		m.left -= int64(n)
	}
	return n, err
}

// conn is one client.
type conn struct {
	server  *Server
	net     net.Conn
	out     *bufio.Writer
	bound   bool
	results map[string][]*object // what is left of paged searches, by cookie
}

func (c *conn) use(n net.Conn) { c.net, c.out = n, bufio.NewWriterSize(n, 1<<15) }

// errCut ends a connection on purpose.
var errCut = errors.New("cut")

func (c *conn) serve() {
	for {
		message, err := ber.ReadPacket(c.net)
		if err != nil || len(message.Children) < 2 {
			return
		}
		id, _ := message.Children[0].Value.(int64)
		if err := c.answer(int(id), message); err != nil {
			return
		}
		if c.out.Flush() != nil {
			return
		}
	}
}

func (c *conn) answer(id int, message *ber.Packet) error {
	switch op := message.Children[1]; op.Tag {
	case ldap.ApplicationBindRequest:
		return c.bind(id, op)
	case ldap.ApplicationExtendedRequest:
		return c.secure(id)
	case ldap.ApplicationSearchRequest:
		return c.search(id, op, message)
	}
	return errCut
}

func (c *conn) bind(id int, op *ber.Packet) error {
	if f, ok := c.server.fault(Bind); ok {
		return c.fail(id, ldap.ApplicationBindResponse, f)
	}
	r := result{}
	if len(op.Children) != 3 || op.Children[2].Data.String() != Password || !strings.EqualFold(op.Children[1].Data.String(), Account) {
		r = result{code: ldap.LDAPResultInvalidCredentials,
			message: "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data 52e, v4563"}
	}
	if _, ok := c.net.(*tls.Conn); !ok {
		r = result{code: ldap.LDAPResultStrongAuthRequired, message: "00002028: LdapErr: DSID-0C090259, comment: The server requires " +
			"binds to turn on integrity checking if SSL\\TLS are not already active on the connection, data 0, v4563"}
	}
	c.bound = r.code == 0
	return c.send(id, r.encode(ldap.ApplicationBindResponse), nil)
}

func (c *conn) secure(id int) error {
	if f, ok := c.server.fault(Secure); ok {
		return c.fail(id, ldap.ApplicationExtendedResponse, f)
	}
	if err := c.send(id, result{}.encode(ldap.ApplicationExtendedResponse), nil); err != nil {
		return err
	}
	if err := c.out.Flush(); err != nil {
		return err
	}
	c.use(tls.Server(c.net, c.server.tls))
	return nil
}

// fail answers as a fault says.
func (c *conn) fail(id int, tag ber.Tag, f Fault) error {
	switch {
	case f.Stall:
		c.out.Flush()
		<-c.server.done
		return errCut
	case f.Cut:
		c.out.Flush()
		return errCut
	}
	return c.send(id, result{f.Code, f.Message, f.Referral}.encode(tag), nil)
}
