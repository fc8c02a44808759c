package handover

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
)

// certificate makes a certificate and writes it to a file.
func certificate(t testing.TB, change func(*x509.Certificate)) (path string, p KeyPair) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(0x7fffffff01), Subject: pkix.Name{CommonName: "Help desk"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageKeyEncipherment}
	if change != nil {
		change(c)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "desk.cer")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, KeyPair{c, key}
}

func TestCertificatesOpenTheirEntries(t *testing.T) {
	one, a := certificate(t, nil)
	two, b := certificate(t, nil)
	_, other := certificate(t, func(c *x509.Certificate) { c.SerialNumber = big.NewInt(5) })
	s, err := Open(Settings{Sink: CertificateSink, To: []string{one, two}, Folder: t.TempDir()}, "run1", nil)
	if err != nil {
		t.Fatal(err)
	}
	f := s.(*File)
	put(t, f, 1)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []KeyPair{a, b} { // of one issuer and number, which must not confuse
		got, _ := shown(t, f.Path(), Keys{Certificates: []KeyPair{p}}, false)
		want(t, got, "1 unsure")
	}
	c, err := Read(bytes.NewReader(must(os.ReadFile(f.Path()))))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []Keys{{}, {Age: []age.Identity{identity(t)}}, {Certificates: []KeyPair{other}}} {
		if r := Reveal(c, k, false); len(r) != 1 || r[0].Err == nil || !r[0].Password.IsEmpty() {
			t.Errorf("opened without its key: %+v", r)
		}
	}
}

func TestCertificatesThatDoNotSuit(t *testing.T) {
	for name, change := range map[string]func(*x509.Certificate){
		"over":            func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) },
		"not yet":         func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) },
		"for signatures":  func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature },
		"of another file": nil,
	} {
		path, _ := certificate(t, change)
		if change == nil {
			if err := os.WriteFile(path, []byte("no certificate"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := (Settings{Sink: CertificateSink, To: []string{path}}).Check(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What is written is CMS that others read, too.
func TestOpenSSLReadsCMS(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	path, p := certificate(t, nil)
	s, err := newCertificateSealer([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 15, 16, 17, 1000} {
		plain := bytes.Repeat([]byte("x"), n)
		block, err := s.seal(plain)
		if err != nil {
			t.Fatal(err)
		}
		key := filepath.Join(t.TempDir(), "key.pem")
		der, err := x509.MarshalPKCS8PrivateKey(p.Key)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		run := exec.Command(openssl, "cms", "-decrypt", "-inform", "PEM", "-recip", path, "-inkey", key)
		run.Stdin = bytes.NewReader(block)
		var stderr bytes.Buffer
		run.Stderr = &stderr
		got, err := run.Output()
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: openssl read %d: %v %s", n, len(got), err, stderr.String())
		}
		if got, err := openCMS(block, []KeyPair{p}); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: read %d: %v", n, len(got), err)
		}
	}
}
