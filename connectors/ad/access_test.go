package ad

import (
	"encoding/binary"
	"testing"
)

const (
	everyone = "\x01\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00"
	service  = "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x34\x00\x00"
)

// ace makes an access control entry; object entries carry what their flags announce.
func ace(kind, flags byte, mask uint32, sid string, object ...byte) string {
	b := binary.LittleEndian.AppendUint32([]byte{kind, flags, 0, 0}, mask)
	b = append(append(b, object...), sid...)
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)))
	return string(b)
}

// descriptor makes a self-relative security descriptor with a DACL of entries.
func descriptor(aces ...string) []byte {
	b := make([]byte, 20, 256)
	b[0], b[16] = 1, 20
	acl := []byte{2, 0, 0, 0, byte(len(aces)), 0, 0, 0}
	b = append(b, acl...)
	for _, a := range aces {
		b = append(b, a...)
	}
	return b
}

func TestGrantsList(t *testing.T) {
	guid := make([]byte, 16)
	tests := map[string]struct {
		sd   []byte
		want bool
	}{
		"granted":                             {descriptor(ace(aceAllow, 0, 0x4, service)), true},
		"granted to a group of the account":   {descriptor(ace(aceAllow, 0, 0x94, everyone)), true},
		"granted as generic read":             {descriptor(ace(aceAllow, 0, genericRead, service)), true},
		"granted to somebody else":            {descriptor(ace(aceAllow, 0, 0x4, "\x01\x00\x00\x00\x00\x00\x00\x05")), false},
		"other rights granted":                {descriptor(ace(aceAllow, 0, 0x10, service)), false},
		"denied before it is granted":         {descriptor(ace(aceDeny, 0, 0x4, everyone), ace(aceAllow, 0, 0x4, service)), false},
		"granted before it is denied":         {descriptor(ace(aceAllow, 0, 0x4, service), ace(aceDeny, 0, 0x4, everyone)), true},
		"denied to what is below alone":       {descriptor(ace(aceDeny, inheritOnly, 0x4, everyone), ace(aceAllow, 0, 0x4, service)), true},
		"granted for every class":             {descriptor(ace(aceAllowFor, 0, 0x4, service, 0, 0, 0, 0)), true},
		"denied for every class":              {descriptor(ace(aceDenyFor, 0, 0x4, service, 0, 0, 0, 0), ace(aceAllow, 0, 0x4, service)), false},
		"inherited by one class, and granted": {descriptor(ace(aceAllowFor, 0, 0x4, service, append([]byte{namesInherit, 0, 0, 0}, guid...)...)), true},
		"denied for one class":                {descriptor(ace(aceDenyFor, 0, 0x4, service, append([]byte{namesObject, 0, 0, 0}, guid...)...), ace(aceAllow, 0, 0x4, service)), true},
		"no entries":                          {descriptor(), false},
		"no list at all":                      {make([]byte, 20), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := grantsList(tt.sd, []string{everyone, service})
			if err != nil || got != tt.want {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestGrantsListRefusesBrokenDescriptors(t *testing.T) {
	whole := descriptor(ace(aceAllow, 0, 0x10, service), ace(aceAllow, 0, 0x4, service))
	for n := range len(whole) {
		if _, err := grantsList(whole[:n], []string{service}); err == nil {
			t.Errorf("%d of %d bytes are taken for a whole descriptor", n, len(whole))
		}
	}
}

func FuzzGrantsList(f *testing.F) {
	f.Add(descriptor(ace(aceAllow, 0, 0x4, service)))
	f.Add(descriptor(ace(aceDenyFor, 0, 0x4, service, 2, 0, 0, 0)))
	f.Fuzz(func(t *testing.T, sd []byte) {
		if granted, err := grantsList(sd, []string{service}); granted && err != nil {
			t.Error("granted by a broken descriptor")
		}
	})
}
