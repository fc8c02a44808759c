package ad

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory/fault"
)

// classify gives an error its kind and says what an administrator can do about it. An error that has a kind keeps it.
// Reading changes nothing, so that what is not known better is fault.Unreachable: the directory was not read completely.
func classify(op string, err error) error {
	var known *fault.Error
	var result *ldapwire.ResultError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.As(err, &result):
		return classifyResult(op, err, result.Result)
	}
	e := &fault.Error{Kind: fault.Unreachable, Op: op, Err: err}
	if advice := adviseTransport(err); advice != "" {
		e.Err = fmt.Errorf("%w; %s", err, advice)
	}
	return e
}

// adviseTransport says what to do about an error of the network, of TLS or of the protocol; "" where its text says enough.
func adviseTransport(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var reference *ldapwire.ReferenceError
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &authority):
		return "name the CA that signed the domain controller's certificate in ca:"
	case errors.As(err, &host):
		return "write the host in url: as the certificate names it, or name it in serverName:"
	case errors.As(err, &invalid):
		return "the domain controller needs a valid certificate"
	case errors.As(err, &reference):
		return "configure each domain as a directory of its own"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "the server did not answer in time"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the connection was cut before the answer was whole"
	}
	return ""
}

// classifyResult is classify for what the server answered.
func classifyResult(op string, err error, r ldapwire.Result) error {
	e := &fault.Error{Kind: fault.Unreachable, Op: op, Code: strconv.Itoa(r.Code), Err: err}
	advice := ""
	switch r.Code {
	case ldap.LDAPResultInvalidCredentials:
		sub := subcode(r.Message)
		e.Kind, e.Code, e.Err = fault.SignIn, e.Code+"/"+sub, fmt.Errorf("%s: %w", explainSignIn(sub), err)
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		e.Kind, advice = fault.SignIn, "the server wants a stronger sign-in than a simple bind over TLS"
	case ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultAuthMethodNotSupported:
		e.Kind, advice = fault.SignIn, "the server does not accept simple binds"
	case ldap.LDAPResultOperationsError:
		if strings.Contains(r.Message, "000004DC") || strings.Contains(r.Message, "without authentication") {
			e.Kind, advice = fault.SignIn, "the server takes the session for anonymous"
		}
	case ldap.LDAPResultInsufficientAccessRights:
		e.Kind, advice = fault.Denied, "grant the account the right to read"
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable:
		e.Kind, advice = fault.Transient, "the server is busy or shutting down; try again later or use another domain controller"
	case ldap.LDAPResultReferral:
		advice = "it lies in another domain; configure each domain as a directory of its own"
	case ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultAdminLimitExceeded:
		advice = "the server's limits end the read early; narrow the scope, or raise MaxPageSize or MaxQueryDuration there"
	}
	if advice != "" {
		e.Err = fmt.Errorf("%w; %s", err, advice)
	}
	return e
}

// subcode gives the Windows error in the message of a refused bind: "…AcceptSecurityContext error, data 52e, v1db1" has 52e,
// and a refusal for want of channel binding begins with its own code.
func subcode(message string) string {
	if strings.HasPrefix(message, "80090346") {
		return "80090346"
	}
	_, rest, ok := strings.Cut(message, "data ")
	if !ok {
		return "unknown"
	}
	code, _, _ := strings.Cut(rest, ",")
	if len(code) == 0 || len(code) > 8 || strings.Trim(code, "0123456789abcdefABCDEF") != "" {
		return "unknown"
	}
	return strings.ToLower(code)
}

// explainSignIn tells what the subcodes of a refused bind mean. They are Windows error numbers in hexadecimal; 525 and 52e
// are treated alike, because some servers tell an unknown user from a wrong password and others do not.
func explainSignIn(code string) string {
	switch code {
	case "52e", "525":
		return "user name or password is wrong"
	case "530":
		return "the account may not sign in at this time of day"
	case "531":
		return "the account may not sign in from this computer"
	case "532":
		return "the account's password has expired"
	case "533":
		return "the account is disabled"
	case "701":
		return "the account has expired"
	case "773":
		return "the account must change its password first"
	case "775":
		return "the account is locked out"
	case "57", "80090346":
		return "the server demands channel binding for LDAP (LdapEnforceChannelBinding), which is not supported"
	}
	return "the server refused the sign-in"
}

// absent reports whether the server denied that an object exists, as it does to those who may not read it.
func absent(err error) bool {
	var result *ldapwire.ResultError
	return errors.As(err, &result) && result.Code == ldap.LDAPResultNoSuchObject
}
