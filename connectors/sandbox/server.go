package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server is a tenant behind a listener, with what a client needs to use it.
type Server struct {
	Tenant       *Tenant
	URL          string // scheme, host and port; Graph is under /v1.0, sign-in under /{tenant}/oauth2/v2.0/token
	TenantID     string
	ClientID     string // of the first registered app
	ClientSecret string // of the first registered app, "" when it has none

	http *http.Server
	done chan error
}

// Serve puts a tenant behind a listener on addr, such as 127.0.0.1:0, and answers until Close. A tenant has no other
// protection than its tokens: addr should be a loopback address.
func Serve(addr string, t *Tenant) (*Server, error) { return serve(addr, t.Handler(), t) }

// ServeControl puts the control surface of a tenant behind a listener of its own.
func ServeControl(addr string, t *Tenant) (*Server, error) { return serve(addr, t.Control(), t) }

func serve(addr string, h http.Handler, t *Tenant) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("serve rehearsal tenant: %w", err)
	}
	s := &Server{Tenant: t, URL: "http://" + l.Addr().String(), TenantID: t.ID(),
		http: &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}, done: make(chan error, 1)}
	if apps := t.Apps(); len(apps) > 0 {
		s.ClientID, s.ClientSecret = apps[0].ID, apps[0].Secret
	}
	go func() { s.done <- s.http.Serve(l) }()
	return s, nil
}

// Close stops listening and ends the connections.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		if err := s.http.Close(); err != nil {
			return fmt.Errorf("close rehearsal tenant: %w", err)
		}
	}
	if err := <-s.done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve rehearsal tenant: %w", err)
	}
	return nil
}
