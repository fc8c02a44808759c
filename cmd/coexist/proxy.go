package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
)

// outbound gives what sends requests to the tenant: through the proxy that the configuration names, else the environment
// (HTTPS_PROXY, NO_PROXY), else the system, trusting the system's authorities and those that the configuration adds.
func outbound(t config.Tenant) (*http.Transport, error) {
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.MaxIdleConnsPerHost = 16
	wire.Proxy = proxyOf(t, systemProxy)
	if t.CA == "" {
		return wire, nil
	}
	pem, err := os.ReadFile(t.CA)
	if err != nil {
		return nil, fmt.Errorf("read certificate authority: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("certificate authority %s: no certificate in PEM form", t.CA)
	}
	wire.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return wire, nil
}

// proxyOf chooses the proxy for a request. system gives the system's proxies and exceptions, as Windows writes them.
func proxyOf(t config.Tenant, system func() (proxies, bypass string)) func(*http.Request) (*url.URL, error) {
	switch t.Proxy {
	case "":
	case "none":
		return nil
	default:
		return func(*http.Request) (*url.URL, error) { return url.Parse(t.Proxy) }
	}
	environment := httpproxy.FromEnvironment()
	choose := environment.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) {
		if environment.HTTPSProxy != "" { // that it excepts this host is an answer too
			return choose(r.URL)
		}
		return windowsProxy(r.URL, system)
	}
}

// windowsProxy reads what Windows says of proxies: "proxy:8080", or "http=a:80;https=b:443", and exceptions such as
// "*.contoso.example;<local>". Source: WINHTTP_PROXY_INFO.
func windowsProxy(u *url.URL, system func() (proxies, bypass string)) (*url.URL, error) {
	proxies, bypass := system()
	split := func(r rune) bool { return r == ';' || r == ' ' }
	host := strings.ToLower(u.Hostname())
	for _, pattern := range strings.FieldsFunc(strings.ToLower(bypass), split) {
		if ok, err := path.Match(pattern, host); err == nil && ok || pattern == "<local>" && !strings.Contains(host, ".") {
			return nil, nil
		}
	}
	for _, one := range strings.FieldsFunc(proxies, split) {
		scheme, address, named := strings.Cut(one, "=")
		if !named {
			address = one
		} else if !strings.EqualFold(scheme, u.Scheme) {
			continue
		}
		if !strings.Contains(address, "://") {
			address = "http://" + address
		}
		return url.Parse(address)
	}
	return nil, nil
}
