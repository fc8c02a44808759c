package graph

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Application is an app registration that signs in as itself.
type Application struct {
	TenantID  string // GUID or a domain of the tenant
	ClientID  string // GUID
	Authority string // where tokens come from, https; "" is https://login.microsoftonline.com/
	// Transport sends requests for tokens, such as an *http.Client that knows a proxy or a private CA; nil is the default.
	Transport policy.Transporter
}

func (a Application) options() (policy.ClientOptions, error) {
	o := policy.ClientOptions{Transport: a.Transport, Cloud: azcloud.AzurePublic}
	if a.Authority != "" {
		u, err := url.Parse(a.Authority)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			return o, errors.New("authority: want an https URL")
		}
		o.Cloud = azcloud.Configuration{ActiveDirectoryAuthorityHost: a.Authority}
	}
	return o, nil
}

// renewable is a credential whose next token can be asked for anew. Credentials keep tokens until they expire by the clock
// of this machine, which may be wrong.
type renewable struct {
	from   azcore.TokenCredential
	forced atomic.Bool
}

// renew makes the next GetToken ask for a new token.
func (r *renewable) renew() { r.forced.Store(true) }

// GetToken gives a token. Claims, even none in particular, are what credentials pass by their memory for.
func (r *renewable) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if r.forced.Swap(false) && o.Claims == "" {
		forced := o
		forced.Claims = "{}"
		if token, err := r.from.GetToken(ctx, forced); err == nil {
			return token, nil
		} // a credential that takes no claims, such as the Azure CLI's, keeps no token either
	}
	return r.from.GetToken(ctx, o)
}

// ClientSecret signs in with a client secret. Certificates are better: a secret goes over the wire each time.
func ClientSecret(a Application, secret string) (azcore.TokenCredential, error) {
	o, err := a.options()
	if err != nil {
		return nil, err
	}
	c, err := azidentity.NewClientSecretCredential(a.TenantID, a.ClientID, secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: o})
	if err != nil {
		return nil, fmt.Errorf("client secret credential: %w", err)
	}
	return c, nil
}

// ClientCertificate signs in with a certificate and its private key, bundled as PFX or PEM. password is called once, and
// only if the bundle cannot be read without one; nil means that there is none.
func ClientCertificate(a Application, bundle []byte, password func() (string, error)) (azcore.TokenCredential, error) {
	o, err := a.options()
	if err != nil {
		return nil, err
	}
	certificates, key, err := azidentity.ParseCertificates(bundle, nil)
	if err != nil && password != nil {
		var secret string
		if secret, err = password(); err != nil {
			return nil, fmt.Errorf("password of the certificate: %w", err)
		}
		certificates, key, err = azidentity.ParseCertificates(bundle, []byte(secret))
	}
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	c, err := azidentity.NewClientCertificateCredential(a.TenantID, a.ClientID, certificates, key, &azidentity.ClientCertificateCredentialOptions{ClientOptions: o})
	if err != nil {
		return nil, fmt.Errorf("client certificate credential: %w", err)
	}
	return c, nil
}

// WorkloadIdentity signs in with a token that a file holds and its issuer renews, as Kubernetes and pipelines provide; ""
// is the file that AZURE_FEDERATED_TOKEN_FILE names.
func WorkloadIdentity(a Application, tokenFile string) (azcore.TokenCredential, error) {
	o, err := a.options()
	if err != nil {
		return nil, err
	}
	c, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{ClientOptions: o, TenantID: a.TenantID, ClientID: a.ClientID, TokenFilePath: tokenFile})
	if err != nil {
		return nil, fmt.Errorf("workload identity credential: %w", err)
	}
	return c, nil
}

// ManagedIdentity signs in as the identity of the Azure machine, or Azure Arc server, that this runs on: its own, or with a
// ClientID a user-assigned one. It is asked for on the machine itself, past any proxy.
func ManagedIdentity(a Application) (azcore.TokenCredential, error) {
	o := &azidentity.ManagedIdentityCredentialOptions{}
	if a.ClientID != "" {
		o.ID = azidentity.ClientID(a.ClientID)
	}
	c, err := azidentity.NewManagedIdentityCredential(o)
	if err != nil {
		return nil, fmt.Errorf("managed identity credential: %w", err)
	}
	return c, nil
}

// DeviceCode signs in a person with a code to be typed into a browser anywhere. prompt is called with what to tell them.
// What may be read is then what that person may.
func DeviceCode(a Application, prompt func(message string)) (azcore.TokenCredential, error) {
	o, err := a.options()
	if err != nil {
		return nil, err
	}
	c, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{ClientOptions: o, TenantID: a.TenantID, ClientID: a.ClientID,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error { prompt(m.Message); return nil }})
	if err != nil {
		return nil, fmt.Errorf("device code credential: %w", err)
	}
	return c, nil
}

// AzureCLI signs in as whoever has signed in with az login on this machine.
func AzureCLI(a Application) (azcore.TokenCredential, error) {
	c, err := azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: a.TenantID})
	if err != nil {
		return nil, fmt.Errorf("azure cli credential: %w", err)
	}
	return c, nil
}
