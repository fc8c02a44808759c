package conformance

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
)

// picture makes a small photo.
func (s *suite) picture(shade uint8) []byte {
	s.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	m.SetGray(3, 3, color.Gray{Y: shade})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		s.Fatal(err)
	}
	return b.Bytes()
}

// photo writes, replaces and takes away a photo, twice, and reads its digest back in each way that the target has.
func (s *suite) photo() {
	ada, grace := s.create(s.user("ada")), s.create(s.user("grace"))
	first, second := s.picture(1), s.picture(2)
	for _, content := range [][]byte{first, first, second, nil, nil, first} {
		a := plan.Attribute{Name: cloud.Photo, Content: content}
		if content != nil {
			a.After = cloud.Text(cloud.PhotoDigest(content))
		}
		c := s.change(plan.Update, ada, a)
		c.Facet = cloud.FacetPhoto
		s.export(c)
		now, err := s.target.Current(s.Context(), ada.Type, ada.ID, []string{cloud.Photo})
		if err != nil {
			s.Fatalf("read the photo: %v", err)
		}
		s.want(now, cloud.Photo, a.After)
		if d, ok := s.target.(connector.Detailer); ok {
			s.detail(d, map[string]cloud.Value{ada.ID: a.After, grace.ID: {}})
		}
	}
}

// detail checks the photos that are read of several users at once; one that is gone is left out.
func (s *suite) detail(d connector.Detailer, want map[string]cloud.Value) {
	s.Helper()
	ids, seen := []string{nobody}, 0
	for id := range want {
		ids = append(ids, id)
	}
	err := d.Detail(s.Context(), ids, []string{cloud.Photo}, func(o cloud.Object) error {
		seen++
		s.want(o, cloud.Photo, want[o.ID])
		return nil
	})
	if err != nil || seen != len(want) {
		s.Fatalf("details of %d objects, error %v, want %d", seen, err, len(want))
	}
}

// contact checks that a mail contact is among the objects of the tenant: it holds addresses that nobody else can have.
func (s *suite) contact() {
	pat := cloud.Object{Type: cloud.MailContact, Mail: "pat@fabrikam.example", Proxies: []string{"SMTP:pat@fabrikam.example"}}
	pat.Put("displayName", cloud.Text("Pat"))
	pat.Put("mailNickname", cloud.Text("pat"))
	id := s.put(s.T, pat)
	got, ok := s.all("displayName", "mailNickname")[id]
	if !ok || got.Type != cloud.MailContact || got.Mail != pat.Mail || len(got.Proxies) != 1 || got.Proxies[0] != pat.Proxies[0] {
		s.Errorf("the tenant shows %+v, want a contact with the address %s", got, pat.Mail)
	}
	s.want(got, "displayName", cloud.Text("Pat"))
}
