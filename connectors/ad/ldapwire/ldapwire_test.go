package ldapwire_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
)

const base = "DC=contoso,DC=example"

func server(t *testing.T) (*ldapscript.Server, *tls.Config) {
	t.Helper()
	long := strings.Repeat("ä", 40_000)
	s, err := ldapscript.Start(ldapscript.Domain{Base: base, Entries: []ldapscript.Entry{
		ldapscript.User("CN=A,"+base, "title", "", "title", long, "thumbnailPhoto", "\x00\xff", "description", strings.Repeat("x", 127), "description", strings.Repeat("y", 128)),
		ldapscript.User("CN=B," + base),
		ldapscript.User("CN=Ü\\, C,"+base, "cn", "Ü, C"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CA)
	return s, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
}

// dial connects with StartTLS and signs in.
func dial(t *testing.T) *ldapwire.Conn {
	t.Helper()
	s, cfg := server(t)
	raw, err := net.Dial("tcp", strings.TrimPrefix(s.StartTLS, "ldap://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	c := ldapwire.NewConn(raw)
	if err := c.StartTLS(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	if err := c.Bind(ldapscript.Account, ldapscript.Password); err != nil {
		t.Fatal(err)
	}
	return c
}

var attributes = []string{"cn", "title", "thumbnailPhoto", "description", "objectGUID", "objectClass", "absent"}

// all gives every value that a paged search reads: of each entry, of each attribute.
func all(t *testing.T, c *ldapwire.Conn, size int) map[string]map[string][]string {
	t.Helper()
	out := map[string]map[string][]string{}
	q := ldapwire.Search{Base: base, Scope: ldapwire.Subtree, Filter: "(objectClass=*)", Attributes: attributes}
	err := c.Pages(q, size, func(e *ldapwire.Entry) error {
		out[e.DN] = map[string][]string{}
		for _, a := range e.Attributes {
			out[e.DN][a.Name] = append([]string(nil), a.Values...)
		}
		return nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSearchReadsWhatGoLDAPReads(t *testing.T) {
	s, cfg := server(t)
	c, err := ldap.DialURL(s.URL, ldap.DialWithTLSConfig(cfg))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Bind(ldapscript.Account, ldapscript.Password); err != nil {
		t.Fatal(err)
	}
	res, err := c.Search(ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", attributes, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string][]string{}
	for _, e := range res.Entries {
		want[e.DN] = map[string][]string{}
		for _, a := range e.Attributes {
			want[e.DN][a.Name] = a.Values
		}
	}
	for size := 1; size < 6; size++ {
		if diff := cmp.Diff(want, all(t, dial(t), size)); diff != "" {
			t.Errorf("pages of %d (-go-ldap +got):\n%s", size, diff)
		}
	}
}

func TestStringsOutliveTheirEntry(t *testing.T) {
	var names []string
	q := ldapwire.Search{Base: base, Scope: ldapwire.Subtree, Filter: "(objectClass=user)", Attributes: attributes}
	if _, err := dial(t).Search(q, func(e *ldapwire.Entry) error { names = append(names, e.DN); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"CN=A," + base, "CN=B," + base, "CN=Ü\\, C," + base}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestAnUnusableConnectionStaysUnusable(t *testing.T) {
	stop := errors.New("enough")
	c := dial(t)
	q := ldapwire.Search{Base: base, Scope: ldapwire.Subtree, Filter: "(objectClass=*)"}
	if _, err := c.Search(q, func(*ldapwire.Entry) error { return stop }); err != stop {
		t.Fatalf("error %v, want that of the one who reads", err)
	}
	if _, err := c.Search(q, func(*ldapwire.Entry) error { return nil }); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a search after one that was abandoned gives %v, want net.ErrClosed", err)
	}
}

func TestAResultErrorLeavesTheConnectionUsable(t *testing.T) {
	c := dial(t)
	q := ldapwire.Search{Base: "OU=Nowhere," + base, Filter: "(objectClass=*)"}
	var result *ldapwire.ResultError
	if _, err := c.Search(q, nil); !errors.As(err, &result) || result.Code != ldap.LDAPResultNoSuchObject {
		t.Fatalf("error %v, want noSuchObject", err)
	}
	if n := len(all(t, c, 10)); n != 4 {
		t.Errorf("%d entries, want 4", n)
	}
}

func TestBindRefusesAnEmptyPassword(t *testing.T) {
	client, far := net.Pipe()
	far.Close()
	if err := ldapwire.NewConn(client).Bind(ldapscript.Account, ""); err == nil || err.Error() != "empty password" {
		t.Errorf("error %v; an empty password would be sent as an anonymous bind", err)
	}
}

// answer plays a server that answers whatever is asked with the same bytes and then closes the connection.
func answer(t testing.TB, bytes []byte) *ldapwire.Conn {
	client, far := net.Pipe()
	go func() {
		io.ReadAtLeast(far, make([]byte, 4096), 1)
		far.Write(bytes)
		far.Close()
	}()
	t.Cleanup(func() { client.Close(); far.Close() })
	return ldapwire.NewConn(client)
}

// done is the final message of search 1.
const done = "\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00"

func TestSearchRefusesWhatIsNotItsAnswer(t *testing.T) {
	tests := map[string]struct {
		answer string
		want   error
	}{
		"nothing":                          {"", io.ErrUnexpectedEOF},
		"a final message cut short":        {done[:len(done)-1], io.ErrUnexpectedEOF},
		"a message that is none":           {"HTTP/1.1 400 Bad Request\r\n", ldapwire.ErrMalformed},
		"the answer to another request":    {strings.Replace(done, "\x02\x01\x01", "\x02\x01\x02", 1), ldapwire.ErrMalformed},
		"the answer to a bind":             {strings.Replace(done, "\x65", "\x61", 1), ldapwire.ErrMalformed},
		"a length beyond its message":      {strings.Replace(done, "\x65\x07", "\x65\x7f", 1), ldapwire.ErrMalformed},
		"an indefinite length":             {"\x30\x80", ldapwire.ErrMalformed},
		"more than can be":                 {"\x30\x84\x7f\xff\xff\xff", ldapwire.ErrMalformed},
		"an entry that ends in its values": {"\x30\x11\x02\x01\x01\x64\x0c\x04\x00\x30\x08\x30\x06\x04\x01a\x31\x7f" + done, ldapwire.ErrMalformed},
		"a result code of eight bytes":     {"\x30\x13\x02\x01\x01\x65\x0e\x0a\x08\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x04\x00", ldapwire.ErrMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := answer(t, []byte(tt.answer)).Search(ldapwire.Search{Filter: "(a=b)"}, func(*ldapwire.Entry) error { return nil })
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestSearchTellsANoticeOfDisconnection(t *testing.T) {
	notice := "\x30\x0f\x02\x01\x00\x78\x0a\x0a\x01\x34\x04\x00\x04\x03bye"
	_, err := answer(t, []byte(notice)).Search(ldapwire.Search{Filter: "(a=b)"}, nil)
	var result *ldapwire.ResultError
	if !errors.As(err, &result) || result.Code != ldap.LDAPResultUnavailable || !strings.Contains(err.Error(), "ended the session") {
		t.Errorf("error %v", err)
	}
}

func TestStartTLSRefusesTextThatFollowsInTheClear(t *testing.T) {
	response := "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
	err := answer(t, []byte(response+done)).StartTLS(context.Background(), &tls.Config{ServerName: "dc1"})
	if !errors.Is(err, ldapwire.ErrMalformed) {
		t.Errorf("error %v: what an attacker puts behind the answer must not be taken for the server's", err)
	}
}

func FuzzSearch(f *testing.F) {
	entry := "\x30\x15\x02\x01\x01\x64\x10\x04\x02DN\x30\x0a\x30\x08\x04\x01a\x31\x03\x04\x01b"
	f.Add([]byte(done))
	f.Add([]byte(entry + done))
	f.Add([]byte("\x30\x84\x00\x00\x00\x0c" + done[2:]))
	f.Add([]byte("\x30\x0a\x02\x01\x01\x73\x05\x04\x03ref"))
	f.Fuzz(func(t *testing.T, b []byte) {
		values := 0
		r, err := answer(t, b).Search(ldapwire.Search{Filter: "(a=b)"}, func(e *ldapwire.Entry) error {
			for _, a := range e.Attributes {
				for _, v := range a.Values {
					values += len(v)
				}
			}
			return nil
		})
		if err == nil && r.Code != ldap.LDAPResultSuccess {
			t.Errorf("result %d without an error", r.Code)
		}
		if values > len(b) {
			t.Errorf("%d bytes of values from %d bytes", values, len(b))
		}
	})
}
