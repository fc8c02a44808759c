package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Photo is the property of a user's photo. Its value is the photo's digest; the bytes stand beside it in the change that
// writes them (plan.Attribute.Content).
const Photo = "photo"

// maxPhoto is the largest photo that is taken over, in bytes: what thumbnailPhoto may hold (rangeUpper 102400). Graph takes
// up to 4 MB.
const maxPhoto = 100 << 10

// PhotoDigest gives the value of the property photo for a photo.
func PhotoDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

var photoDigest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// checkDigest refuses what is no photo's digest: a photo has no other text form.
func checkDigest(s string) error {
	if s != "" && !photoDigest.MatchString(s) {
		return errors.New("photo: what is not the digest of a photo, as user.thumbnailPhoto is, cannot become one")
	}
	return nil
}

// CheckPhoto reports why a photo cannot be taken over.
func CheckPhoto(b []byte) error {
	switch {
	case len(b) > maxPhoto:
		return fmt.Errorf("the photo has %d bytes, and %d are the most", len(b), maxPhoto)
	case PhotoMediaType(b) == "":
		return errors.New("the photo is neither JPEG nor PNG")
	}
	return nil
}

// PhotoMediaType tells JPEG and PNG by their first bytes, "" for anything else.
func PhotoMediaType(b []byte) string {
	switch s := string(b[:min(len(b), 8)]); {
	case strings.HasPrefix(s, "\xff\xd8\xff"):
		return "image/jpeg"
	case s == "\x89PNG\r\n\x1a\n":
		return "image/png"
	}
	return ""
}
