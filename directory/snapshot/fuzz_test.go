package snapshot

import (
	"bytes"
	"crypto/sha256"
	"io"
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory"
)

// frame makes a file of whatever content, with the right sum, which a fuzzer would never find.
func frame(t testing.TB, content []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	sum := sha256.New()
	out := io.MultiWriter(&file, sum)
	io.WriteString(out, fileMagic)
	blocks := newBlockWriter(out)
	if _, err := blocks.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := blocks.Close(); err != nil {
		t.Fatal(err)
	}
	file.Write(sum.Sum(nil))
	return file.Bytes()
}

func FuzzContent(f *testing.F) {
	b := NewBuilder()
	b.AddSource(Source{Name: "test", TakenAt: time.Unix(0, 0).UTC(), Scopes: []Scope{{OU: "DC=x"}}})
	for i, dn := range []string{"CN=Anna,DC=x", "CN=Ben,DC=x", "CN=Carl,DC=x"} {
		attrs := []directory.Attribute{{Name: "distinguishedName", Values: []string{dn}}, {Name: "proxyAddresses", Values: []string{"SMTP:a@x", dn}}}
		if err := b.Add(directory.Kind(i+1), directory.GUID{15: byte(i)}, attrs); err != nil {
			f.Fatal(err)
		}
	}
	s, err := b.Finish()
	if err != nil {
		f.Fatal(err)
	}
	var content bytes.Buffer
	if err := s.write(&content); err != nil {
		f.Fatal(err)
	}
	f.Add(content.Bytes())
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := Load(bytes.NewReader(frame(t, content)))
		if err != nil {
			return
		}
		var saved bytes.Buffer
		if err := s.Save(&saved); err != nil {
			t.Fatal(err)
		}
		again, err := Load(&saved)
		if err != nil {
			t.Fatalf("what was loaded and saved cannot be loaded: %v", err)
		}
		if s.Digest() != again.Digest() {
			t.Error("saving changed the content")
		}
	})
}
