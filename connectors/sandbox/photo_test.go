package sandbox

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/jpeg"
	"testing"
)

func picture(t *testing.T, side int) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, side, side)), nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPhotosComeBackAsTheyWerePut(t *testing.T) {
	r := newRig(t, Options{})
	id := r.user("ann", nil, Extra{})
	path := "/v1.0/users/" + id + "/photo"
	r.refused(404, "ImageNotFound", "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown.", "GET", path+"/$value", "")
	pixels := picture(t, 96)
	r.do(200, "PUT", path+"/$value", pixels, "Content-Type", "image/jpeg")
	got := r.do(200, "GET", path+"/$value", "")
	same(t, "type", "image/jpeg", got.header.Get("Content-Type"))
	if got.raw != pixels {
		t.Error("other bytes came back")
	}
	same(t, "size", "96X96", r.do(200, "GET", path, "").body["id"].(string))
	r.do(415, "PUT", path+"/$value", pixels)
	r.refused(400, "ErrorInvalidImage", "The image is not a valid JPEG or PNG.", "PUT", path+"/$value", "not a picture", "Content-Type", "image/jpeg")
	small := base64.StdEncoding.EncodeToString([]byte(picture(t, 48)))
	a := r.do(200, "POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"PUT","url":"/users/`+id+`/photo/$value","headers":{"Content-Type":"image/jpeg"},"body":"`+small+`"},
		{"id":"2","method":"GET","url":"/users/`+id+`/photo/$value","dependsOn":["1"]}]}`)
	for _, one := range a.body["responses"].([]any) {
		item := one.(map[string]any)
		same(t, "status", any(float64(200)), item["status"])
		if item["id"] == "2" {
			same(t, "bytes in a batch", any(small), item["body"])
		}
	}
	r.do(204, "DELETE", path+"/$value", "")
	r.do(404, "GET", path+"/$value", "")
}
