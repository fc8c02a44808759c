package handover

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"time"
)

// What is written is EnvelopedData of RFC 5652 with key transport by RSAES-OAEP (RFC 3560, RFC 4055) and AES-256 in CBC mode
// (RFC 3565): what OpenSSL's cms command and .NET's EnvelopedCms, and with it Unprotect-CmsMessage, can read.

// cmsBlock is the type of block that RFC 7468 gives CMS.
const cmsBlock = "CMS"

var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEnvelopedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
	oidOAEP          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 7}
	oidMGF1          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidAES256CBC     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
)

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content envelopedData `asn1:"explicit,tag:0"`
}

type envelopedData struct {
	Version    int
	Recipients []keyTransport `asn1:"set"`
	Encrypted  encryptedContent
}

// keyTransport is KeyTransRecipientInfo with issuer and serial number.
type keyTransport struct {
	Version   int
	Recipient issuerSerial
	Algorithm pkix.AlgorithmIdentifier
	Key       []byte
}

type issuerSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

type encryptedContent struct {
	Type      asn1.ObjectIdentifier
	Algorithm pkix.AlgorithmIdentifier
	Content   []byte `asn1:"tag:0"`
}

// oaepParameters are RSAES-OAEP-params; the label is the default one, empty.
type oaepParameters struct {
	Hash pkix.AlgorithmIdentifier `asn1:"explicit,tag:0"`
	Mask pkix.AlgorithmIdentifier `asn1:"explicit,tag:1"`
}

type certificateSealer struct {
	certificates []*x509.Certificate
	oaep         pkix.AlgorithmIdentifier
}

func newCertificateSealer(paths []string) (*certificateSealer, error) {
	s := &certificateSealer{}
	for _, p := range paths {
		c, err := readCertificate(p)
		if err != nil {
			return nil, fmt.Errorf("certificate %s: %w", p, err)
		}
		s.certificates = append(s.certificates, c)
	}
	if len(s.certificates) == 0 {
		return nil, errors.New("there is no recipient")
	}
	var err error
	s.oaep, err = oaepSHA256()
	return s, err
}

// readCertificate reads a certificate, PEM or DER, that something can be encrypted to.
func readCertificate(path string) (*x509.Certificate, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(b); block != nil {
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("it begins with a %s", block.Type)
		}
		b = block.Bytes
	}
	c, err := x509.ParseCertificate(b)
	if err != nil {
		return nil, errors.New("it is neither PEM nor DER of a certificate")
	}
	return c, suits(c, time.Now())
}

// suits says why nothing should be encrypted to a certificate.
func suits(c *x509.Certificate, now time.Time) error {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok:
		return errors.New("its key is not RSA")
	case key.N.BitLen() < 2048:
		return fmt.Errorf("its key has %d bits, and at least 2048 are needed", key.N.BitLen())
	case now.Before(c.NotBefore), now.After(c.NotAfter):
		return fmt.Errorf("it is valid from %s to %s", c.NotBefore.Format(time.DateOnly), c.NotAfter.Format(time.DateOnly))
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageKeyEncipherment == 0:
		return errors.New("its key usage does not allow encryption of keys")
	}
	return nil
}

func oaepSHA256() (pkix.AlgorithmIdentifier, error) {
	hash := pkix.AlgorithmIdentifier{Algorithm: oidSHA256, Parameters: asn1.NullRawValue}
	inner, err := asn1.Marshal(hash)
	if err != nil {
		return hash, err
	}
	p, err := asn1.Marshal(oaepParameters{hash, pkix.AlgorithmIdentifier{Algorithm: oidMGF1, Parameters: asn1.RawValue{FullBytes: inner}}})
	return pkix.AlgorithmIdentifier{Algorithm: oidOAEP, Parameters: asn1.RawValue{FullBytes: p}}, err
}

func (s *certificateSealer) who() []string {
	out := make([]string, len(s.certificates))
	for i, c := range s.certificates {
		out[i] = fmt.Sprintf("%s, serial number %x", c.Subject, c.SerialNumber)
	}
	return out
}

func (s *certificateSealer) seal(plain []byte) ([]byte, error) {
	key, iv := make([]byte, 32), make([]byte, aes.BlockSize)
	defer clear(key)
	for _, b := range [][]byte{key, iv} {
		if _, err := rand.Read(b); err != nil {
			return nil, err
		}
	}
	e := envelopedData{}
	for _, c := range s.certificates {
		sealed, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, c.PublicKey.(*rsa.PublicKey), key, nil)
		if err != nil {
			return nil, err
		}
		e.Recipients = append(e.Recipients, keyTransport{0, issuerSerial{asn1.RawValue{FullBytes: c.RawIssuer}, c.SerialNumber}, s.oaep, sealed})
	}
	vector, err := asn1.Marshal(iv)
	if err != nil {
		return nil, err
	}
	cbc, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	n := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(cbc, iv).CryptBlocks(padded, padded)
	e.Encrypted = encryptedContent{oidData, pkix.AlgorithmIdentifier{Algorithm: oidAES256CBC, Parameters: asn1.RawValue{FullBytes: vector}}, padded}
	der, err := asn1.Marshal(contentInfo{oidEnvelopedData, e})
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: cmsBlock, Bytes: der}), nil
}

// KeyPair is a certificate with its private key.
type KeyPair struct {
	Certificate *x509.Certificate
	Key         *rsa.PrivateKey
}

// errOtherKey says that no key given opens an entry.
var errOtherKey = errors.New("it is encrypted to other keys than those given")

// errCMS says that a block is not what seal writes; it does not say where, so that it tells nothing about the content.
var errCMS = errors.New("it is not EnvelopedData as coexist writes it")

// openCMS reads what seal writes, and nothing else of CMS.
func openCMS(block []byte, pairs []KeyPair) ([]byte, error) {
	b, _ := pem.Decode(block)
	if b == nil || b.Type != cmsBlock {
		return nil, errCMS
	}
	var info contentInfo
	if rest, err := asn1.Unmarshal(b.Bytes, &info); err != nil || len(rest) > 0 || !info.Type.Equal(oidEnvelopedData) {
		return nil, errCMS
	}
	e := info.Content.Encrypted
	var iv []byte
	if _, err := asn1.Unmarshal(e.Algorithm.Parameters.FullBytes, &iv); err != nil || !e.Algorithm.Algorithm.Equal(oidAES256CBC) || len(iv) != aes.BlockSize ||
		len(e.Content) == 0 || len(e.Content)%aes.BlockSize != 0 {
		return nil, errCMS
	}
	for _, r := range info.Content.Recipients {
		for _, p := range pairs {
			if !bytes.Equal(r.Recipient.Issuer.FullBytes, p.Certificate.RawIssuer) || r.Recipient.Serial.Cmp(p.Certificate.SerialNumber) != 0 {
				continue
			}
			key, err := rsa.DecryptOAEP(sha256.New(), nil, p.Key, r.Key, nil)
			if err != nil {
				continue // issuers that number alike by mistake
			}
			return openCBC(key, iv, e.Content)
		}
	}
	return nil, errOtherKey
}

func openCBC(key, iv, sealed []byte) ([]byte, error) {
	cbc, err := aes.NewCipher(key)
	if err != nil {
		return nil, errCMS
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(cbc, iv).CryptBlocks(plain, sealed)
	n := int(plain[len(plain)-1])
	if n < 1 || n > aes.BlockSize {
		return nil, errCMS
	}
	return plain[:len(plain)-n], nil
}
