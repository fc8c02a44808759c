package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/urfave/cli/v2"
)

func keyCommand(c *console) *cli.Command {
	one := func(name, usage string, do func(path string) (ed25519.PrivateKey, error)) *cli.Command {
		return &cli.Command{Name: name, Usage: usage, ArgsUsage: "FILE", Action: func(x *cli.Context) error {
			if err := arguments(x, "FILE"); err != nil {
				return err
			}
			key, err := do(x.Args().First())
			if err == nil {
				_, err = fmt.Fprintln(c.out, publicText(key))
			}
			return err
		}}
	}
	return &cli.Command{
		Name:  "key",
		Usage: "keys that sign plans",
		Description: "A key is an Ed25519 key in a PEM file (PKCS #8), as openssl genpkey -algorithm ed25519 makes one. Both commands print\n" +
			"its public key, which belongs into coexist.yaml: plan: { trust: [...] }. Whoever can read the file can sign.",
		Subcommands: []*cli.Command{
			one("new", "make a key, readable by you alone, and print its public key", newKey),
			one("show", "print the public key of a key", readKey),
		},
	}
}

// newKey makes a key file. It never writes over a file.
func newKey(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, mark(errRefused, fmt.Errorf("%s is there already, and is not replaced", path))
	}
	if err != nil {
		return nil, err
	}
	if err := errors.Join(pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), f.Sync(), f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return key, nil
}

// maxKey bounds a key file.
const maxKey = 64 << 10

// readKey reads a key file. What it holds never stands in an error.
func readKey(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, mark(errNotFound, fmt.Errorf("key: %w", err))
	case err != nil:
		return nil, fmt.Errorf("key: %w", err)
	case info.Size() > maxKey:
		return nil, mark(errConfig, fmt.Errorf("key %s: is no key", path))
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, mark(errConfig, fmt.Errorf("key %s: others may read it; chmod 600 it", path))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if block, _ := pem.Decode(b); block != nil {
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := key.(ed25519.PrivateKey); ok {
				return key, nil
			}
		}
	}
	return nil, mark(errConfig, fmt.Errorf("key %s: no Ed25519 key in a PEM file (PKCS #8), as coexist key new makes one", path))
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey {
	return ed25519.PublicKey(key[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
}

// publicText gives the public key as coexist.yaml names it.
func publicText(key ed25519.PrivateKey) string {
	der, err := x509.MarshalPKIXPublicKey(publicOf(key))
	if err != nil {
		return "" // it is of a kind that can be
	}
	return base64Of(der)
}
