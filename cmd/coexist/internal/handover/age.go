package handover

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// ageBlock is the type of block that the age format gives itself.
const ageBlock = "AGE ENCRYPTED FILE"

type ageSealer struct {
	keys       []string
	recipients []age.Recipient
}

// CheckAgeKey says what is wrong with the text of an age recipient. It does not repeat the text, which may be a private key
// put in the wrong place.
func CheckAgeKey(key string) error {
	if strings.HasPrefix(strings.ToUpper(key), "AGE-SECRET-KEY-") {
		return errors.New("this is a private age key; the public one begins with age1")
	}
	list, err := age.ParseRecipients(strings.NewReader(key))
	if err != nil || len(list) != 1 {
		return errors.New("this is no age key, which begins with age1")
	}
	return nil
}

func newAgeSealer(keys []string) (*ageSealer, error) {
	s := &ageSealer{keys: keys}
	for i, key := range keys {
		if err := CheckAgeKey(key); err != nil {
			return nil, fmt.Errorf("recipient %d: %w", i+1, err)
		}
		list, err := age.ParseRecipients(strings.NewReader(key))
		if err != nil {
			return nil, fmt.Errorf("recipient %d: %w", i+1, err)
		}
		s.recipients = append(s.recipients, list...)
	}
	if len(s.recipients) == 0 {
		return nil, errors.New("there is no recipient")
	}
	_, err := s.seal(nil) // kinds of keys that do not go together are found before they are needed
	return s, err
}

func (s *ageSealer) who() []string { return s.keys }

func (s *ageSealer) seal(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	text := armor.NewWriter(&b)
	w, err := age.Encrypt(text, s.recipients...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := errors.Join(w.Close(), text.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func openAge(block []byte, keys []age.Identity) ([]byte, error) {
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(block)), keys...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxBlock))
}
