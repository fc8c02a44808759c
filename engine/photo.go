package engine

import (
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/plan"
)

// photoSource is the attribute that photos come from.
const photoSource = "thumbnailPhoto"

// photograph puts the photo of source i into the change that writes it. Until here, and in everything that stays in memory,
// there is only its digest. A photo that cannot be written is listed instead: the source does not hold the one whose digest
// was decided, as when the decision is held, or it is none that the cloud takes.
func (p *planner) photograph(r *diff.Result, i int) {
	kept := r.Changes[:0]
	for _, c := range r.Changes {
		if c.Facet == cloud.FacetPhoto && !c.Attributes[0].After.IsNothing() {
			photo := []byte(p.in.Snapshot.At(i).First(photoSource))
			if why := unusablePhoto(photo, c.Attributes[0].After.Text()); why != "" {
				r.Skips = append(r.Skips, plan.Skip{Object: c.Object, Reason: plan.Rejected, Property: cloud.Photo, Detail: why, Because: c.Attributes[0].Because})
				continue
			}
			c.Attributes[0].Content = photo
		}
		kept = append(kept, c)
	}
	r.Changes = kept
}

// unusablePhoto says why a photo cannot be written, "" when it can.
func unusablePhoto(photo []byte, digest string) string {
	if cloud.PhotoDigest(photo) != digest {
		return "photo: " + photoSource + " holds another photo, or none, than the one that was decided"
	}
	if err := cloud.CheckPhoto(photo); err != nil {
		return "photo: " + err.Error()
	}
	return ""
}
