// Package sambatest gives tests a real Active Directory domain: a Samba domain controller on a loopback address, made for
// one test and removed with it. Where there is none to be had the test is skipped, except in continuous integration
// (environment CI=true), where it fails.
package sambatest

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Domain is a running domain. Its schema has the Exchange attributes.
type Domain struct {
	URL      string // ldaps://IP
	StartTLS string // ldap://IP, which takes no sign-in before StartTLS
	Host     string // the name in the server's certificate
	CA       []byte // PEM
	Base     string // DN of the domain
	Name     string // DNS name of the domain
	User     string // an administrator's userPrincipalName
	Password string

	t      *testing.T
	script string
	dir    string
	env    []string
}

// Start provisions a domain and runs it until the test ends. It takes from 10 s up to a minute.
func Start(t *testing.T) *Domain {
	t.Helper()
	d := &Domain{t: t, script: script(t), dir: t.TempDir()}
	d.env = append(os.Environ(), "AD_IP="+address(t))
	t.Cleanup(func() { d.run("stop", d.dir) })
	if out, err := d.run("start", d.dir); err != nil {
		t.Fatalf("start samba: %v\n%s", err, out)
	}
	d.settings()
	return d
}

// script finds the script that runs Samba, or skips the test.
func script(t *testing.T) string {
	t.Helper()
	skip := t.Skipf
	if os.Getenv("CI") == "true" {
		skip = t.Fatalf
	}
	path := filepath.Join(root(t), "..", "shared", "tools", "samba-ad.sh")
	if _, err := os.Stat(path); err != nil {
		skip("no samba-ad.sh: %v", err)
	}
	for _, tool := range []string{"bash", "samba", "samba-tool", "ldbmodify", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			skip("no Samba to test against; make setup installs it: %v", err)
		}
	}
	if os.Geteuid() != 0 {
		skip("Samba serves LDAP on ports 389 and 636 only, which takes root")
	}
	return path
}

// root gives the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
}

// address reserves a loopback address for the test: LDAP ports are compiled into Samba, so that each domain needs one of
// its own. A listener on a port that nothing else uses is the reservation.
func address(t *testing.T) string {
	t.Helper()
	for n := 40; n < 250; n++ {
		ip := fmt.Sprintf("127.0.0.%d", n)
		l, err := net.Listen("tcp", ip+":38900")
		if err != nil {
			continue
		}
		free, err := net.Listen("tcp", ip+":389")
		if err != nil {
			l.Close()
			continue
		}
		free.Close()
		t.Cleanup(func() { l.Close() })
		return ip
	}
	t.Fatal("no loopback address is free")
	return ""
}

// run runs the script and gives what it wrote. It writes to a file, not a pipe: the domain controller stays in the
// background and would hold a pipe open.
func (d *Domain) run(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	out, err := os.CreateTemp(d.dir, "script")
	if err != nil {
		return "", err
	}
	defer out.Close()
	cmd := exec.CommandContext(ctx, d.script, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = d.env, out, out
	err = cmd.Run()
	text, _ := os.ReadFile(out.Name())
	return string(text), err
}

// settings reads what the script says of the domain.
func (d *Domain) settings() {
	d.t.Helper()
	f, err := os.Open(filepath.Join(d.dir, "env"))
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	v := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "=")
		v[name] = strings.ReplaceAll(value, `\`, "")
	}
	d.URL, d.StartTLS, d.Host, d.Base = v["AD_LDAPS_URL"], v["AD_URL"], v["AD_HOST"], v["AD_BASE"]
	d.User, d.Password, d.Name = v["AD_USER"], v["AD_PASSWORD"], strings.ToLower(v["AD_REALM"])
	if d.CA, err = os.ReadFile(v["AD_CA"]); err != nil {
		d.t.Fatal(err)
	}
}

// Seed loads LDIF straight into the directory's database, as the system: the fast way to a thousand objects. Distinguished
// names at the end of a line are written with the suffix DC=X, which stands for Base. Passwords cannot be set this way.
func (d *Domain) Seed(ldif string) {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), "seed.ldif")
	if err := os.WriteFile(path, []byte(ldif), 0o600); err != nil {
		d.t.Fatal(err)
	}
	if out, err := d.run("seed", d.dir, path); err != nil {
		d.t.Fatalf("seed: %v\n%s", err, out)
	}
}

// TLS trusts the domain's CA.
func (d *Domain) TLS() *tls.Config {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(d.CA)
	return &tls.Config{RootCAs: pool, ServerName: d.Host}
}

// Admin is a connection signed in as the administrator, to change the directory with. It is closed when the test ends.
func (d *Domain) Admin() *ldap.Conn {
	d.t.Helper()
	c, err := ldap.DialURL(d.URL, ldap.DialWithTLSConfig(d.TLS()))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	if err := c.Bind(d.User, d.Password); err != nil {
		d.t.Fatal(err)
	}
	return c
}

// AddUser makes an enabled user with a password, to sign in with.
func (d *Domain) AddUser(c *ldap.Conn, dn, account, password string) {
	d.t.Helper()
	add := ldap.NewAddRequest(dn, nil)
	add.Attribute("objectClass", []string{"user"})
	add.Attribute("sAMAccountName", []string{account})
	add.Attribute("userPrincipalName", []string{account + "@" + d.Name})
	add.Attribute("unicodePwd", []string{unicodePassword(password)})
	add.Attribute("userAccountControl", []string{"512"})
	if err := c.Add(add); err != nil {
		d.t.Fatal(err)
	}
}

// unicodePassword encodes a password for unicodePwd: quoted, UTF-16LE. ASCII passwords only.
func unicodePassword(p string) string {
	var b strings.Builder
	for _, c := range `"` + p + `"` {
		b.WriteByte(byte(c))
		b.WriteByte(0)
	}
	return b.String()
}

// AddACE puts an access control entry in SDDL before those of an object, as "(D;;LC;;;S-1-5-21-…)" to deny List Contents.
func (d *Domain) AddACE(dn, ace string) {
	d.t.Helper()
	cmd := exec.Command("samba-tool", "dsacl", "set", "--objectdn="+dn, "--sddl="+ace,
		"--configfile="+filepath.Join(d.dir, "smb.conf"), "-H", filepath.Join(d.dir, "private", "sam.ldb"))
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("add %s to %s: %v\n%s", ace, dn, err, out)
	}
}
