package journal

import "time"

// Approval is somebody's word that a plan may be carried out.
type Approval struct {
	Plan    string    `json:"plan"` // digest of what was approved
	By      Who       `json:"by"`
	Comment string    `json:"comment,omitempty"`
	Key     string    `json:"key,omitempty"` // public key of a signature that came with it, base64
	At      time.Time `json:"at"`            // UTC
}
