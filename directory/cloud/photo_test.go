package cloud_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
)

func TestPhotosThatCanBeTakenOver(t *testing.T) {
	jpeg, png := []byte("\xff\xd8\xff\xe0"), []byte("\x89PNG\r\n\x1a\n")
	for name, c := range map[string]struct {
		photo []byte
		want  string // of the error, "" for none
	}{
		"JPEG":           {jpeg, ""},
		"PNG":            {png, ""},
		"the largest":    {append(jpeg, bytes.Repeat([]byte{0}, 100<<10-len(jpeg))...), ""},
		"one byte more":  {append(jpeg, bytes.Repeat([]byte{0}, 100<<10-len(jpeg)+1)...), "102401 bytes"},
		"nothing at all": {nil, "neither JPEG nor PNG"},
		"a page":         {[]byte("<html>"), "neither JPEG nor PNG"},
	} {
		t.Run(name, func(t *testing.T) {
			err := cloud.CheckPhoto(c.photo)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAPhotoHasNoOtherTextThanItsDigest(t *testing.T) {
	p := cloud.Row(cloud.Photo)
	if v, err := p.Canonical(cloud.Text(cloud.PhotoDigest([]byte("x")))); err != nil || v.IsNothing() {
		t.Errorf("digest: %v, %v", v, err)
	}
	if v, err := p.Canonical(cloud.Text("")); err != nil || !v.IsNothing() {
		t.Errorf("none: %v, %v", v, err)
	}
	for _, s := range []string{"ffd8", "sha256:", "SHA256:" + strings.Repeat("0", 64), cloud.PhotoDigest(nil) + "0"} {
		if _, err := p.Canonical(cloud.Text(s)); err == nil {
			t.Errorf("%q became a photo", s)
		}
	}
}
