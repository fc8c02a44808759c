package plan

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/coexistsync/coexist/internal/atomicfile"
)

// Signature is somebody's Ed25519 signature (RFC 8032) of a plan's digest. It proves who vouches for a plan even to those
// who do not trust the machine that keeps the approvals; whose keys count is for the configuration to say.
type Signature struct {
	Key  []byte    `json:"key"` // the public key, 32 bytes
	By   string    `json:"by,omitempty"`
	At   time.Time `json:"at"`
	Sign []byte    `json:"signature"` // of signedText, 64 bytes
}

// signedText is what a signature is made of: by its first line it cannot be taken for a signature of anything else.
func (s *Signature) signedText(digest string) []byte {
	return fmt.Appendf(nil, "coexist.plan signature 1\n%s\n%s\n%s\n", digest, s.At.UTC().Format(time.RFC3339Nano), s.By)
}

// holds reports whether the signature is one of a plan's digest by its key.
func (s *Signature) holds(digest string) bool {
	return len(s.Key) == ed25519.PublicKeySize && ed25519.Verify(s.Key, s.signedText(digest), s.Sign)
}

// Signatures gives who signed the plan. Each of them holds: a file with another one is altered. They say nothing about
// whose keys they are.
func (f *File) Signatures() []Signature { return slices.Clone(f.signed) }

// SignedBy gives those signatures that were made by one of the keys, one for each key.
func (f *File) SignedBy(keys []ed25519.PublicKey) []Signature {
	var out []Signature
	for _, k := range keys {
		if i := slices.IndexFunc(f.signed, func(s Signature) bool { return bytes.Equal(s.Key, k) }); i >= 0 {
			out = append(out, f.signed[i])
		}
	}
	return out
}

// readSignatures reads and verifies the signatures.
func (f *File) readSignatures() error {
	if f.members[signaturesMember] == nil {
		return nil
	}
	for s, err := range lines[Signature](f, signaturesMember) {
		if err != nil {
			return err
		}
		if !s.holds(f.digest) {
			return f.altered(signaturesMember, errors.New("a signature is not one of this plan"))
		}
		if slices.ContainsFunc(f.signed, func(o Signature) bool { return bytes.Equal(o.Key, s.Key) }) {
			return f.altered(signaturesMember, errors.New("a key signs twice"))
		}
		f.signed = append(f.signed, s)
	}
	return nil
}

// Sign adds a signature to a plan file, in the place of an earlier one by the same key. Everything else stays as it is, the
// digest too. What is signed is what was opened and verified, even if the path leads to another file by now. The file is
// replaced at once, and closed: open files cannot be replaced everywhere.
func (f *File) Sign(key ed25519.PrivateKey, by string, at time.Time) error {
	path := f.path
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return fmt.Errorf("sign plan %s: not an Ed25519 key", path)
	}
	s := Signature{Key: public, By: by, At: at.UTC()}
	s.Sign = ed25519.Sign(key, s.signedText(f.digest))
	list := append(slices.DeleteFunc(f.Signatures(), func(o Signature) bool { return bytes.Equal(o.Key, s.Key) }), s)
	slices.SortFunc(list, func(a, b Signature) int { return bytes.Compare(a.Key, b.Key) })
	out, err := atomicfile.Create(path)
	if err != nil {
		return fmt.Errorf("sign plan: %w", err)
	}
	defer out.Abort()
	if err := f.repack(out, list); err != nil {
		return fmt.Errorf("sign plan %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("sign plan %s: %w", path, err)
	}
	if err := out.Commit(); err != nil {
		return fmt.Errorf("sign plan %s: %w", path, err)
	}
	return nil
}

// repack writes the file's members as they are packed, with other signatures.
func (f *File) repack(out io.Writer, list []Signature) error {
	var signed bytes.Buffer
	for _, s := range list {
		b, err := json.Marshal(s)
		if err != nil {
			return err
		}
		signed.Write(append(b, '\n'))
	}
	buf := bufio.NewWriterSize(out, 1<<18)
	seal := &sealer{w: buf, sum: sha256.New()}
	z := zip.NewWriter(seal)
	written := false
	for _, m := range f.zip.File { // which are in order
		if m.Name == signaturesMember {
			continue
		}
		if m.Name > signaturesMember && !written {
			written = true
			if err := addSignatures(z, signed.Bytes()); err != nil {
				return err
			}
		}
		if err := z.Copy(m); err != nil {
			return err
		}
	}
	return finishArchive(z, seal, buf)
}

func addSignatures(z *zip.Writer, b []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: signaturesMember, Method: zip.Deflate, Modified: packedAt})
	if err == nil {
		_, err = w.Write(b)
	}
	return err
}
