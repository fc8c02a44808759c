package main

import (
	"bufio"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
)

func TestProxyIsChosen(t *testing.T) {
	const graph = "https://graph.microsoft.com/v1.0"
	cases := map[string]struct {
		configured, environment, system, bypass, want string
	}{
		"the configuration's before all others": {"http://a:8080", "http://b:1", "c:2", "", "http://a:8080"},
		"none is none":                          {"none", "http://b:1", "c:2", "", ""},
		"the environment's before the system's": {"", "http://b:1", "c:2", "", "http://b:1"},
		"the system's":                          {"", "", "c:8080", "", "http://c:8080"},
		"the system's for https":                {"", "", "http=d:80;https=c:443", "", "http://c:443"},
		"the system's for http alone":           {"", "", "http=d:80", "", ""},
		"an exception":                          {"", "", "c:8080", "<local>;*.microsoft.com", ""},
		"another's exception":                   {"", "", "c:8080", "<local>;*.contoso.example", "http://c:8080"},
		"nothing":                               {"", "", "", "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HTTPS_PROXY", c.environment)
			t.Setenv("https_proxy", "")
			t.Setenv("NO_PROXY", "excepted.example")
			choose := proxyOf(config.Tenant{Proxy: c.configured}, func() (string, string) { return c.system, c.bypass })
			got := ""
			if choose != nil {
				req, err := http.NewRequest(http.MethodGet, graph, nil)
				if err != nil {
					t.Fatal(err)
				}
				u, err := choose(req)
				if err != nil {
					t.Fatal(err)
				}
				if u != nil {
					got = u.String()
				}
			}
			if got != c.want {
				t.Errorf("proxy %q, want %q", got, c.want)
			}
		})
	}
}

// A proxy that inspects traffic answers with a certificate of its own authority: without tenant.ca it is refused, with it
// requests go through.
func TestRequestsGoThroughAnInspectingProxy(t *testing.T) {
	inside := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "inspected "+r.Host) }))
	defer inside.Close()
	asked := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT is expected", http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusOK)
		client, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer client.Close()
		tunnel(t, client, buffered, inside.Listener.Addr().String())
	}))
	defer proxy.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: inside.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ca string
		ok bool
	}{"without its authority": {"", false}, "with it": {ca, true}} {
		t.Run(name, func(t *testing.T) {
			wire, err := outbound(config.Tenant{Proxy: proxy.URL, CA: c.ca})
			if err != nil {
				t.Fatal(err)
			}
			defer wire.CloseIdleConnections()
			u := url.URL{Scheme: "https", Host: "example.com"} // what the test's certificate names
			resp, err := (&http.Client{Transport: wire}).Get(u.String())
			if (err == nil) != c.ok {
				t.Fatalf("error %v, want success %v", err, c.ok)
			}
			if err != nil {
				return
			}
			defer resp.Body.Close()
			if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "inspected example.com" {
				t.Errorf("%s, %v", b, err)
			}
		})
	}
	if asked != 2 {
		t.Errorf("the proxy was asked %d times, want 2", asked)
	}
}

// tunnel carries bytes between a client and an address until one of them ends.
func tunnel(t *testing.T, client net.Conn, sent *bufio.ReadWriter, address string) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	defer server.Close()
	done := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(server, sent); done <- struct{}{} }() // ends when either side closes
	go func() { _, _ = io.Copy(client, server); done <- struct{}{} }()
	<-done
}
