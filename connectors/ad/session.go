package ad

import (
	"context"
	"errors"
	"fmt"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory/fault"
)

// session is one signed-in connection. It serves one reader; after any error it is closed.
type session struct {
	conn   *ldapwire.Conn
	unhook func() bool
	domain domain
}

// close ends the session; it may be called twice.
func (s *session) close() {
	s.unhook()
	s.conn.Close()
}

// open connects, signs in and reads what the server says of itself.
func (c *Connector) open(ctx context.Context) (*session, error) {
	s, err := c.connect(ctx)
	if err != nil {
		return nil, interrupted(ctx, classify("connect to "+c.cfg.URL, err))
	}
	if err := c.signIn(s); err != nil {
		s.close()
		return nil, interrupted(ctx, classify("sign in as "+c.cfg.User, err))
	}
	if s.domain, err = s.readDomain(); err != nil {
		s.close()
		return nil, interrupted(ctx, classify("read the root of "+c.cfg.URL, err))
	}
	return s, nil
}

// interrupted gives the context's own error for what failed because the context ended: its end closes the connection, and
// the errors that follow tell nothing.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return &fault.Error{Kind: fault.Unreachable, Op: "read the directory", Err: context.Cause(ctx)}
	}
	return err
}

// connect dials and secures the connection. The end of ctx closes it.
func (c *Connector) connect(ctx context.Context) (*session, error) {
	raw, err := c.cfg.Dial(ctx, "tcp", c.address)
	if err != nil {
		return nil, err
	}
	conn := ldapwire.NewConn(raw)
	conn.Timeout = c.cfg.PageTimeout
	s := &session{conn: conn, unhook: context.AfterFunc(ctx, func() { conn.Close() })}
	limited, cancel := context.WithTimeout(ctx, c.cfg.PageTimeout)
	defer cancel()
	if c.secure {
		err = conn.Handshake(limited, c.tls)
	} else if err = conn.StartTLS(limited, c.tls); err != nil {
		err = fmt.Errorf("start TLS: %w", err)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// signIn binds with a password fetched for this once.
func (c *Connector) signIn(s *session) error {
	password, err := c.cfg.Password()
	if err == nil && password == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return &fault.Error{Kind: fault.SignIn, Op: "sign in as " + c.cfg.User, Err: fmt.Errorf("fetch the password: %w", err)}
	}
	return s.conn.Bind(c.cfg.User, password)
}
