package graph_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// picture makes a small image.
func picture(t *testing.T, shade uint8) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	m.SetGray(3, 3, color.Gray{Y: shade})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPhotosAreWrittenAndComparedByDigest(t *testing.T) {
	r := rehearseInProcess(t, sandbox.Options{Seed: 7})
	var ids []string
	for n := range 25 {
		id, err := r.Export(t.Context(), numbered(n), byID)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	write := func(id string, content []byte) error {
		a := plan.Attribute{Name: "photo", Content: content}
		if content != nil {
			a.After = cloud.Text(cloud.PhotoDigest(content))
		}
		c := userChange(plan.Update, plan.Attribute{Name: "jobTitle", After: cloud.Text("Clerk")}, a)
		c.Object.ID = id
		_, err := r.Export(t.Context(), c, byID)
		return err
	}
	first, second := picture(t, 1), picture(t, 2)
	for _, step := range []struct {
		id      string
		content []byte
	}{{ids[0], first}, {ids[0], second}, {ids[1], first}, {ids[2], first}, {ids[2], nil}, {ids[2], nil}} {
		if err := write(step.id, step.content); err != nil {
			t.Fatal(err)
		}
	}
	o, err := r.Current(t.Context(), cloud.User, ids[0], []string{"photo", "jobTitle"})
	if err != nil || o.Get("photo").Text() != cloud.PhotoDigest(second) || o.Get("jobTitle").Text() != "Clerk" {
		t.Errorf("now %+v, error %v", o, err)
	}
	got := map[string]string{}
	r.ResetLog()
	err = r.Detail(t.Context(), append(ids, "00000000-0000-4000-8000-00000000dead"), []string{"photo"}, func(o cloud.Object) error {
		got[o.ID] = o.Get("photo").Text()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ids[0]: cloud.PhotoDigest(second), ids[1]: cloud.PhotoDigest(first)}
	for _, id := range ids[2:] {
		want[id] = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("digests (-want +got):\n%s", diff)
	}
	if _, totals := r.Log(); totals.Wire != 2 {
		t.Errorf("%d requests for 26 photos, want 2", totals.Wire)
	}
	for name, a := range map[string]plan.Attribute{
		"no photo":          {Name: "photo", After: cloud.Text(cloud.PhotoDigest(first))},
		"another photo":     {Name: "photo", After: cloud.Text(cloud.PhotoDigest(first)), Content: second},
		"not a photo":       {Name: "photo", After: cloud.Text(cloud.PhotoDigest([]byte("<svg>"))), Content: []byte("<svg>")},
		"the digest's text": {Name: "photo", After: cloud.Text("x"), Content: first},
	} {
		c := userChange(plan.Update, a)
		c.Object.ID = ids[0]
		if _, err := r.Export(t.Context(), c, byID); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want it refused before anything is sent", name, err)
		}
	}
}
