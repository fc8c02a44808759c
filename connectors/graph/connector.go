package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	abs "github.com/microsoft/kiota-abstractions-go"
	kjson "github.com/microsoft/kiota-serialization-json-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go-core/authentication"

	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/internal/retry"
)

// DefaultBaseURL is Microsoft Graph v1.0 of the global cloud.
const DefaultBaseURL = "https://graph.microsoft.com/v1.0"

// Config is what a Connector needs. Only Credential must be set.
type Config struct {
	// BaseURL is where Graph is, with its version; "" is DefaultBaseURL. It must be https, or http to a loopback address,
	// as a rehearsal tenant has: no token is sent in the clear to any other host.
	BaseURL string
	// TenantID is the GUID of the tenant that is meant; Tenant fails when it meets another. "" accepts any.
	TenantID   string
	Credential azcore.TokenCredential
	Scope      string            // of the token; "" is the origin of BaseURL with /.default
	Transport  http.RoundTripper // what sends a request once; nil is a transport of net/http of its own
	UserAgent  string            // "" is coexist
	Attempts   int               // how often one request is sent at most; 0 is 6
	Timeout    time.Duration     // of one attempt; 0 is 100 s
	Writes     int               // writes that the tenant takes in 150 s; 0 is Graph's documented 3,000
	// Lag is how long an object that was just made may stay invisible; 0 is one minute.
	Lag time.Duration
	// Passwords makes the password that a policy wishes for a user about to be created, and hands it over before the user
	// is there. It is called right before each attempt. With nil such users are not made, so that no password is lost; one
	// without a wish gets a password that nobody knows.
	Passwords func(context.Context, Newcomer) (Password, error)
	// Cookies lets Objects read only what changed since it was last called; nil reads everything each time.
	Cookies Cookies
	Now     func() time.Time                                 // nil is time.Now
	Sleep   func(ctx context.Context, d time.Duration) error // nil waits for d or the end of ctx
	Jitter  func() float64                                   // in [0, 1); nil is random
}

// Connector reads and writes one tenant. It is safe for concurrent use; keeping writes to one object in order is the
// caller's part.
type Connector struct {
	base       *url.URL
	tenantID   string
	scope      string
	credential *renewable
	adapter    *core.GraphRequestAdapterBase
	json       *kjson.JsonParseNodeFactory
	sender     *transport
	now        func() time.Time
	made       *retry.Recent // ids of objects that were just created
	located    *retry.Recent // ids of users whose usage location was just written
	unsure     *retry.Recent // anchors of creates whose outcome is not known
	marked     marked
	cookies    Cookies
	passwords  func(context.Context, Newcomer) (Password, error)
}

var (
	_ connector.Target   = (*Connector)(nil)
	_ connector.Surveyor = (*Connector)(nil)
	_ connector.Detailer = (*Connector)(nil)
	_ connector.Tracer   = (*Connector)(nil)
)

// New makes a connector; it sends nothing.
func New(c Config) (*Connector, error) {
	base, err := baseURL(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if c.Credential == nil {
		return nil, errors.New("graph connector needs a credential")
	}
	c = c.withDefaults(base)
	credential := &renewable{from: c.Credential}
	auth, err := authentication.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(credential, []string{c.Scope}, []string{base.Hostname()})
	if err != nil {
		return nil, fmt.Errorf("prepare authentication: %w", err)
	}
	sender := &transport{next: c.Transport, pace: newPacer(c.Writes, c.Now, c.Sleep), now: c.Now, sleep: c.Sleep,
		jitter: c.Jitter, attempts: c.Attempts, timeout: c.Timeout, agent: c.UserAgent}
	client := &http.Client{
		Transport: sender,
		// A redirect would take the token to wherever it points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	factory := kjson.NewJsonParseNodeFactory()
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		auth, core.GraphClientOptions{}, factory, kjson.NewJsonSerializationWriterFactory(), client)
	if err != nil {
		return nil, fmt.Errorf("make request adapter: %w", err)
	}
	return &Connector{base: base, tenantID: c.TenantID, scope: c.Scope, credential: credential, adapter: adapter, json: factory, sender: sender,
		now: c.Now, made: retry.NewRecent(c.Now, c.Lag), located: retry.NewRecent(c.Now, c.Lag), unsure: retry.NewRecent(c.Now, c.Lag), cookies: c.Cookies, passwords: c.Passwords}, nil
}

func (c Config) withDefaults(base *url.URL) Config {
	if c.Scope == "" {
		c.Scope = base.Scheme + "://" + base.Host + "/.default"
	}
	if c.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 16
		c.Transport = t
	}
	if c.UserAgent == "" {
		c.UserAgent = "coexist"
	}
	if c.Attempts == 0 {
		c.Attempts = 6
	}
	if c.Timeout == 0 {
		c.Timeout = 100 * time.Second
	}
	if c.Writes == 0 {
		c.Writes = writeLimit
	}
	if c.Lag == 0 {
		c.Lag = time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = retry.Sleep
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	return c
}

// baseURL parses and checks where Graph is; it never ends in a slash.
func baseURL(s string) (*url.URL, error) {
	if s == "" {
		s = DefaultBaseURL
	}
	u, err := url.Parse(strings.TrimRight(s, "/"))
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "":
		return nil, fmt.Errorf("base URL of Graph: want https://host/version")
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u):
		return u, nil
	}
	return nil, fmt.Errorf("base URL of Graph: %s://%s is not https, and no token is sent in the clear", u.Scheme, u.Host)
}

// loopback reports whether the URL names this machine.
func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// request is one call of Graph, relative to the base URL.
type request struct {
	op     string // for errors
	why    purpose
	method string
	path   string   // below the base, its parts escaped
	query  []string // names and values in turn
	header []string // likewise
	body   entity   // nil for none
	media  []byte   // a body that is not JSON, of type kind
	kind   string
	link   *url.URL // instead of path and query: a link that Graph gave, checked already
}

// answer is a response with its whole body.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send carries out one request and returns the answer of a success; every error is a *fault.Error. A token that is
// refused is replaced once: nothing happened under it, so that even a create can be sent again.
func (c *Connector) send(ctx context.Context, r request) (answer, error) {
	a, err := c.try(ctx, r)
	if err != nil && a.status == http.StatusUnauthorized {
		c.credential.renew()
		a, err = c.try(ctx, r)
	}
	return a, err
}

func (c *Connector) try(ctx context.Context, r request) (answer, error) {
	info, err := c.prepare(ctx, r)
	if err != nil {
		return answer{}, c.classify(r, answer{}, err)
	}
	var got answer
	option := abs.NewRequestHandlerOption()
	option.SetResponseHandler(func(response any, _ abs.ErrorMappings) (any, error) {
		resp, ok := response.(*http.Response)
		if !ok {
			return nil, fmt.Errorf("request adapter answered with %T", response)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		got = answer{resp.StatusCode, resp.Header, body}
		return nil, err
	})
	info.AddRequestOptions([]abs.RequestOption{option})
	err = c.adapter.SendNoContent(ctx, info, nil)
	if err != nil || got.status < 200 || got.status > 299 {
		return got, c.classify(r, got, err)
	}
	return got, nil
}

// prepare builds the request that the adapter sends.
func (c *Connector) prepare(ctx context.Context, r request) (*abs.RequestInformation, error) {
	info := abs.NewRequestInformation()
	method, ok := methods[r.method]
	if !ok {
		return nil, fmt.Errorf("unknown method %s", r.method)
	}
	info.Method = method
	info.Headers.Add("Accept", "application/json")
	for i := 0; i+1 < len(r.header); i += 2 {
		info.Headers.Add(r.header[i], r.header[i+1])
	}
	if r.body != nil {
		if err := info.SetContentFromParsable(ctx, c.adapter, "application/json", r.body); err != nil {
			return nil, fmt.Errorf("write request body: %w", err)
		}
	}
	if r.media != nil {
		info.SetStreamContentAndContentType(r.media, r.kind)
	}
	u := r.link
	if u == nil {
		var err error
		if u, err = url.Parse(c.base.String() + r.path + query(r.query)); err != nil {
			return nil, errors.New("build request URL")
		}
	}
	info.SetUri(*u)
	return info, nil
}

var methods = map[string]abs.HttpMethod{
	http.MethodGet: abs.GET, http.MethodPost: abs.POST, http.MethodPatch: abs.PATCH, http.MethodPut: abs.PUT, http.MethodDelete: abs.DELETE,
}

// query writes names and values as a query string. Names are OData's, values are escaped, spaces as %20.
func query(pairs []string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteByte("?&"[min(i, 1)])
		b.WriteString(pairs[i] + "=" + strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20"))
	}
	return b.String()
}

// segment escapes one part of a path.
func segment(s string) string { return url.PathEscape(s) }

// literal writes a text as an OData literal.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
