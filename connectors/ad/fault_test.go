package ad_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/connectors/ad"
	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
)

// refused imports and gives the error, which there must be.
func refused(t testing.TB, cfg ad.Config) error {
	t.Helper()
	err := connect(t, cfg).Import(t.Context(), connector.Want{}, snapshot.NewBuilder())
	if err == nil {
		t.Fatal("a partial read was taken for a whole one")
	}
	if strings.Contains(err.Error(), ldapscript.Password) {
		t.Errorf("the error holds the password: %v", err)
	}
	return err
}

// expect holds an error against the kind and the text it should have.
func expect(t testing.TB, err error, kind fault.Kind, text string) {
	t.Helper()
	if got := fault.KindOf(err); got != kind {
		t.Errorf("kind %s, want %s: %v", got, kind, err)
	}
	if !strings.Contains(err.Error(), text) {
		t.Errorf("error %q does not say %q", err, text)
	}
}

func TestImportIsWholeOrAnError(t *testing.T) {
	type Fault = ldapscript.Fault
	tests := map[string]struct {
		fault Fault
		kind  fault.Kind
		text  string
	}{
		"size limit in the third page": {Fault{Op: ldapscript.Page, Nth: 3, After: 1, Code: 4}, fault.Unreachable, "raise MaxPageSize"},
		"time limit":                   {Fault{Op: ldapscript.Page, Nth: 2, Code: 3}, fault.Unreachable, "limits end the read early"},
		"administrative limit":         {Fault{Op: ldapscript.Page, Nth: 2, Code: 11}, fault.Unreachable, "limits end the read early"},
		"referral":                     {Fault{Op: ldapscript.Page, Code: 10, Referral: "ldap://child.contoso.example"}, fault.Unreachable, "another domain"},
		"search continuation":          {Fault{Op: ldapscript.Page, Nth: 1, Reference: "ldap://child.contoso.example/DC=child"}, fault.Unreachable, "ldap://child.contoso.example/DC=child"},
		"cut between pages":            {Fault{Op: ldapscript.Page, Nth: 2, Cut: true}, fault.Unreachable, "cut before the answer was whole"},
		"cut in a page":                {Fault{Op: ldapscript.Page, Nth: 2, After: 1, Cut: true}, fault.Unreachable, "cut before the answer was whole"},
		"no paging control":            {Fault{Op: ldapscript.Page, Nth: 2, NoPaging: true}, fault.Unreachable, "no paging control"},
		"no paging control at the end": {Fault{Op: ldapscript.Page, Nth: 3, NoPaging: true}, fault.Unreachable, "no paging control"},
		"OU that shows nothing":        {Fault{Op: ldapscript.Page, Nth: 1, Empty: true}, fault.Denied, "grant the account"},
		"OU that hides its containers": {Fault{Op: ldapscript.Access, Empty: true}, fault.Denied, "grant the account"},
		"size limit for containers":    {Fault{Op: ldapscript.Access, After: 1, Code: 4}, fault.Unreachable, "raise MaxPageSize"},
		"containers without paging":    {Fault{Op: ldapscript.Access, NoPaging: true}, fault.Unreachable, "no paging control"},
		"access denied":                {Fault{Op: ldapscript.Page, Code: 50}, fault.Denied, "grant the account"},
		"busy for good":                {Fault{Op: ldapscript.Page, Code: 51, Message: "busy"}, fault.Unreachable, "3 attempts"},
		"session lost":                 {Fault{Op: ldapscript.Page, Code: 1, Message: "000004DC: LdapErr"}, fault.SignIn, "anonymous"},
		"cookie refused":               {Fault{Op: ldapscript.Page, Nth: 2, Code: 53}, fault.Unreachable, "LDAP result 53"},
		"schema unreadable":            {Fault{Op: ldapscript.Schema, Empty: true}, fault.Denied, "read the schema"},
		"schema without its paging":    {Fault{Op: ldapscript.Schema, NoPaging: true}, fault.Unreachable, "no paging control"},
		"StartTLS refused":             {Fault{Op: ldapscript.Secure, Code: 52, Message: "Error initializing SSL/TLS"}, fault.Unreachable, "initializing SSL/TLS"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := start(t, users(5), tt.fault)
			cfg := config(server)
			if tt.fault.Op == ldapscript.Secure {
				cfg.URL = server.StartTLS
			}
			expect(t, refused(t, cfg), tt.kind, tt.text)
		})
	}
}

func TestImportIsWholeOrAnErrorWhereverTheConnectionIsCut(t *testing.T) {
	server := start(t, users(5))
	cfg := config(server)
	read(t, connect(t, cfg), connector.Want{})
	whole := server.Sent()
	for cut := int64(1); cut < whole-64; cut += 97 { // a handshake varies by some bytes
		server.CutAfter(cut)
		expect(t, refused(t, cfg), fault.Unreachable, "")
	}
}

func TestImportBeginsAgainWhenTheServerIsBusy(t *testing.T) {
	for name, f := range map[string]ldapscript.Fault{
		"busy in the second page": {Op: ldapscript.Page, Nth: 2, After: 1, Code: 51},
		"unavailable":             {Op: ldapscript.Page, Nth: 3, Code: 52},
		"busy at sign-in":         {Op: ldapscript.Bind, Nth: 1, Code: 51},
	} {
		t.Run(name, func(t *testing.T) {
			var waits []time.Duration
			cfg := config(start(t, users(5), f))
			cfg.Wait = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
			s := read(t, connect(t, cfg), connector.Want{})
			if s.Len() != 5 || len(s.Sources()) != 1 || len(waits) != 1 {
				t.Errorf("%d objects of %d sources after %d waits; want 5, 1, 1", s.Len(), len(s.Sources()), len(waits))
			}
		})
	}
}

func TestImportTimesOut(t *testing.T) {
	for name, f := range map[string]ldapscript.Fault{
		"in a page":  {Op: ldapscript.Page, Nth: 2, After: 1, Stall: true},
		"at sign-in": {Op: ldapscript.Bind, Stall: true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(start(t, users(5), f))
			cfg.PageTimeout = 300 * time.Millisecond
			expect(t, refused(t, cfg), fault.Unreachable, "did not answer in time")
		})
	}
}

func TestImportStopsWhenCancelled(t *testing.T) {
	server := start(t, users(5), ldapscript.Fault{Op: ldapscript.Page, Nth: 2, Stall: true})
	ctx, cancel := context.WithCancel(t.Context())
	server.Before(func(op ldapscript.Op, nth int, _ *ldapscript.Domain) {
		if op == ldapscript.Page && nth == 2 {
			cancel()
		}
	})
	err := connect(t, config(server)).Import(ctx, connector.Want{}, snapshot.NewBuilder())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestImportRefusesScopes(t *testing.T) {
	tests := map[string]struct {
		scopes []ad.Scope
		fault  ldapscript.Fault
		kind   fault.Kind
		text   []string
	}{
		"that do not exist, all at once": {scopes: []ad.Scope{{OU: "OU=Nowhere," + base}, {OU: staff}, {OU: "OU=Gone," + base}},
			kind: fault.Unreachable, text: []string{"OU=Nowhere," + base, "OU=Gone," + base, "may not read it"}},
		"that the server shows nobody": {scopes: []ad.Scope{{OU: staff}}, fault: ldapscript.Fault{Op: ldapscript.Read, Nth: 3, Empty: true},
			kind: fault.Unreachable, text: []string{staff, "may not read it"}},
		"of another domain": {scopes: []ad.Scope{{OU: "OU=Staff,DC=fabrikam,DC=example"}},
			kind: fault.Unreachable, text: []string{"outside " + base, "directory of its own"}},
		"whose objects the account may not list": {scopes: []ad.Scope{{OU: "OU=Locked," + base}},
			kind: fault.Denied, text: []string{"OU=Locked", "List Contents"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := people()
			d.Entries = append(d.Entries, ldapscript.OU("OU=Locked,"+base, "nTSecurityDescriptor", denyListToEveryone))
			cfg := config(start(t, d, tt.fault))
			cfg.Scopes = tt.scopes
			err := refused(t, cfg)
			for _, text := range tt.text {
				expect(t, err, tt.kind, text)
			}
		})
	}
}

func TestImportRefusesScopesWithContainersThatItMayNotList(t *testing.T) {
	denied := func(dn string, class ...string) ldapscript.Entry {
		return ldapscript.New(dn, append([]string{"top"}, class...), "nTSecurityDescriptor", denyListToEveryone)
	}
	secret, deep := "OU=Secret,"+staff, "OU=Deep,OU=Open,"+staff
	tests := map[string]struct {
		below []ldapscript.Entry
		text  []string // of the error, none where the read is whole
	}{
		"an OU":                        {[]ldapscript.Entry{denied(secret, "organizationalUnit")}, []string{"read scope " + staff + ": " + secret + ":", "List Contents"}},
		"a container":                  {[]ldapscript.Entry{denied("CN=Vault,"+staff, "container")}, []string{"CN=Vault," + staff}},
		"the domain's built-in groups": {[]ldapscript.Entry{denied("CN=Builtin,"+staff, "builtinDomain")}, []string{"CN=Builtin," + staff}},
		"several, one far below, all at once": {[]ldapscript.Entry{denied(secret, "organizationalUnit"), ldapscript.OU("OU=Open," + staff),
			denied(deep, "organizationalUnit")}, []string{secret + "; " + deep}},
		"one whose access control list may not be read": {[]ldapscript.Entry{ldapscript.OU(secret)}, nil},
		"one outside the scope":                         {[]ldapscript.Entry{denied("OU=Secret,"+base, "organizationalUnit")}, nil},
		"one whose access control list is broken": {[]ldapscript.Entry{ldapscript.OU(secret, "nTSecurityDescriptor", denyListToEveryone[:30])},
			[]string{secret + ": malformed security descriptor"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := people()
			d.Entries = append(d.Entries, tt.below...)
			cfg := config(start(t, d))
			if tt.text == nil {
				if s := read(t, connect(t, cfg), connector.Want{}); s.Len() != 3 {
					t.Errorf("%d objects, want 3", s.Len())
				}
				return
			}
			err := refused(t, cfg)
			kind := fault.Denied
			if strings.Contains(tt.text[0], "malformed") {
				kind = fault.Unreachable
			}
			for _, text := range tt.text {
				expect(t, err, kind, text)
			}
		})
	}
}

func TestImportNamesTheFirstOfManyContainers(t *testing.T) {
	d := people()
	for i := range 25 {
		d.Entries = append(d.Entries, ldapscript.OU("OU="+strconv.Itoa(i)+","+staff, "nTSecurityDescriptor", denyListToEveryone))
	}
	expect(t, refused(t, config(start(t, d))), fault.Denied, "OU=9,"+staff+"; and 15 more: ")
}

// denyListToEveryone is a security descriptor with the one entry (D;;LC;;;WD).
const denyListToEveryone = "\x01\x00\x04\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x14\x00\x00\x00" +
	"\x02\x00\x1c\x00\x01\x00\x00\x00" + "\x01\x00\x14\x00\x04\x00\x00\x00" + ldapscript.Everyone

func TestSignInIsExplained(t *testing.T) {
	const prefix = "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data "
	tests := map[string]struct {
		code    int
		message string
		text    string
		want    string // fault.Error.Code
	}{
		"wrong password":         {49, prefix + "52e, v4563", "user name or password is wrong", "49/52e"},
		"unknown user":           {49, prefix + "525, v4563", "user name or password is wrong", "49/525"},
		"disabled":               {49, prefix + "533, v4563", "disabled", "49/533"},
		"password expired":       {49, prefix + "532, v4563", "password has expired", "49/532"},
		"must change":            {49, prefix + "773, v4563", "must change its password", "49/773"},
		"account expired":        {49, prefix + "701, v4563", "the account has expired", "49/701"},
		"locked out":             {49, prefix + "775, v4563", "locked out", "49/775"},
		"wrong hour":             {49, prefix + "530, v4563", "time of day", "49/530"},
		"wrong workstation":      {49, prefix + "531, v4563", "from this computer", "49/531"},
		"channel binding":        {49, prefix + "57, v4563", "channel binding", "49/57"},
		"channel binding by SEC": {49, "80090346: LdapErr: DSID-0C0906A4, comment: AcceptSecurityContext error, data 80090346, v4563", "channel binding", "49/80090346"},
		"no reason":              {49, "no data for you\x1b[2J", "the server refused the sign-in", "49/unknown"},
		"simple bind off":        {48, "", "does not accept simple binds", "48"},
		"signing":                {8, "00002028: LdapErr", "stronger sign-in", "8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := refused(t, config(start(t, users(1), ldapscript.Fault{Op: ldapscript.Bind, Code: tt.code, Message: tt.message})))
			expect(t, err, fault.SignIn, tt.text)
			var e *fault.Error
			if errors.As(err, &e); e.Code != tt.want {
				t.Errorf("code %q, want %q", e.Code, tt.want)
			}
			if strings.ContainsRune(err.Error(), '\x1b') {
				t.Errorf("the error carries the server's control characters: %q", err)
			}
		})
	}
}

func TestSignInNeedsAPassword(t *testing.T) {
	server := start(t, users(1))
	for name, p := range map[string]struct {
		password func() (string, error)
		text     string
	}{
		"wrong":   {func() (string, error) { return "guess", nil }, "user name or password is wrong"},
		"empty":   {func() (string, error) { return "", nil }, "it is empty"},
		"missing": {func() (string, error) { return "", errors.New("environment variable COEXIST_AD_PASSWORD is not set") }, "COEXIST_AD_PASSWORD"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(server)
			cfg.Password = p.password
			expect(t, refused(t, cfg), fault.SignIn, p.text)
		})
	}
}

func TestServerMustBeTheOneMeant(t *testing.T) {
	server, other := start(t, users(1)), start(t, users(1))
	tests := map[string]struct {
		change func(*ad.Config)
		text   string
	}{
		"certificate of another CA":                {func(c *ad.Config) { c.CA = other.CA }, "ca:"},
		"certificate of another CA after StartTLS": {func(c *ad.Config) { c.URL, c.CA = server.StartTLS, other.CA }, "ca:"},
		"certificate for another host":             {func(c *ad.Config) { c.ServerName = "dc9.contoso.example" }, "serverName:"},
		"nobody answers":                           {func(c *ad.Config) { c.URL = "ldaps://127.0.0.1:1" }, "connect to ldaps://127.0.0.1:1"},
		"TLS where there is none yet":              {func(c *ad.Config) { c.URL = strings.Replace(server.StartTLS, "ldap:", "ldaps:", 1) }, "connect to ldaps://"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := config(server)
			tt.change(&cfg)
			expect(t, refused(t, cfg), fault.Unreachable, tt.text)
		})
	}
}
