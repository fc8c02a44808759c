package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	_ "image/jpeg" // the forms in which photos come
	_ "image/png"
	"net/http"
	"strings"
)

// photo is a profile photo as it was put.
type photo struct {
	Kind   string `json:"kind"` // image/jpeg or image/png
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  []byte `json:"bytes"`
}

// maxPhoto is the largest photo that Graph takes.
const maxPhoto = 4 << 20

func noPhoto() *refusal {
	return refuse(http.StatusNotFound, "ImageNotFound", "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown.")
}

// photoOwner finds the user, group or contact of a photo request.
func (t *Tenant) photoOwner(r *request) (*object, error) {
	switch strings.ToLower(r.segments[0]) {
	case "groups":
		return t.group(r.args[0])
	case "contacts":
		return t.contact(r.args[0])
	}
	return t.user(r.args[0])
}

// getPhoto answers …/photo: the metadata.
func (t *Tenant) getPhoto(r *request) (answer, error) {
	o, err := t.photoOwner(r)
	if err != nil {
		return answer{}, err
	}
	p := o.photo
	if p == nil {
		return answer{}, noPhoto()
	}
	b := append(r.context(o.schema.set+"('"+o.id+"')/photo/$entity"), fmt.Sprintf(`,"@odata.mediaContentType":%q,"@odata.mediaEtag":%s,"id":"%dX%d","height":%d,"width":%d}`,
		p.Kind, quote(p.etag()), p.Width, p.Height, p.Height, p.Width)...)
	return answer{status: http.StatusOK, body: b}, nil
}

// etag changes with the bytes.
func (p *photo) etag() string { return fmt.Sprintf(`"%08X"`, crc32.ChecksumIEEE(p.Bytes)) }

// getPhotoValue answers …/photo/$value: the bytes as they were put.
func (t *Tenant) getPhotoValue(r *request) (answer, error) {
	o, err := t.photoOwner(r)
	if err != nil {
		return answer{}, err
	}
	if o.photo == nil {
		return answer{}, noPhoto()
	}
	return answer{status: http.StatusOK, body: o.photo.Bytes, plain: o.photo.Kind, header: [][2]string{{"ETag", o.photo.etag()}}}, nil
}

// putPhoto takes the bytes of …/photo/$value; PUT and PATCH do the same. In a batch they come as base64 text.
func (t *Tenant) putPhoto(r *request) (answer, error) {
	o, err := t.photoOwner(r)
	if err != nil {
		return answer{}, err
	}
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	if !strings.HasPrefix(kind, "image/") {
		return answer{}, refuse(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "The media type '%s' is not supported; a photo is image/jpeg.", kind)
	}
	bytes, err := r.photoBytes()
	if err != nil {
		return answer{}, err
	}
	p, err := readPhoto(bytes)
	if err != nil {
		return answer{}, err
	}
	o.photo = p
	return answer{status: http.StatusOK}, nil
}

func (r *request) photoBytes() ([]byte, error) {
	if r.batch == "" {
		return r.body, nil
	}
	var text string
	if json.Unmarshal(r.body, &text) == nil {
		if b, err := base64.StdEncoding.DecodeString(text); err == nil {
			return b, nil
		}
	}
	return nil, badRequest("The body of a photo in a batch must be base64 text.")
}

func readPhoto(b []byte) (*photo, error) {
	if len(b) > maxPhoto {
		return nil, refuse(http.StatusRequestEntityTooLarge, "ErrorTooLarge", "The photo is larger than %d bytes.", maxPhoto)
	}
	c, form, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "ErrorInvalidImage", "The image is not a valid JPEG or PNG.")
	}
	return &photo{Kind: "image/" + form, Width: c.Width, Height: c.Height, Bytes: append([]byte(nil), b...)}, nil
}

func (t *Tenant) deletePhoto(r *request) (answer, error) {
	o, err := t.photoOwner(r)
	if err != nil {
		return answer{}, err
	}
	if o.photo == nil {
		return answer{}, noPhoto()
	}
	o.photo = nil
	return noContent(), nil
}
